"""Trees of .NET, the JVM and Kubernetes, in the form that their tools write, shortened and invented."""



from __future__ import annotations

from tests.lib.sbom.samples import sha1, sha256, sri

__all__ = ["FURTHER_SAMPLES"]

ASSETS = f"""{{
  "version": 3,
  "targets": {{
    "net8.0": {{
      "Serilog/4.0.0": {{
        "type": "package",
        "compile": {{
          "lib/net8.0/Serilog.dll": {{}}
        }}
      }},
      "Serilog.Sinks.File/5.0.0": {{
        "type": "package",
        "dependencies": {{
          "Serilog": "2.10.0"
        }}
      }},
      "StyleCop.Analyzers/1.1.118": {{
        "type": "package"
      }},
      "Shop.Core/1.0.0": {{
        "type": "project",
        "dependencies": {{
          "Serilog": "4.0.0"
        }}
      }}
    }}
  }},
  "libraries": {{
    "Serilog/4.0.0": {{
      "sha512": "{sri("serilog")[7:]}",
      "type": "package",
      "path": "serilog/4.0.0"
    }},
    "Serilog.Sinks.File/5.0.0": {{
      "sha512": "{sri("serilog file")[7:]}",
      "type": "package",
      "path": "serilog.sinks.file/5.0.0"
    }},
    "StyleCop.Analyzers/1.1.118": {{
      "sha512": "{sri("stylecop")[7:]}",
      "type": "package",
      "path": "stylecop.analyzers/1.1.118"
    }},
    "Shop.Core/1.0.0": {{
      "type": "project",
      "path": "../Shop.Core/Shop.Core.csproj"
    }}
  }},
  "projectFileDependencyGroups": {{
    "net8.0": [
      "Serilog.Sinks.File >= 5.0.0",
      "Shop.Core >= 1.0.0"
    ]
  }},
  "project": {{
    "version": "1.0.0",
    "frameworks": {{
      "net8.0": {{
        "targetAlias": "net8.0",
        "dependencies": {{
          "Serilog.Sinks.File": {{
            "target": "Package",
            "version": "[5.0.0, )"
          }},
          "StyleCop.Analyzers": {{
            "suppressParent": "All",
            "target": "Package",
            "version": "[1.1.118, )"
          }}
        }}
      }}
    }}
  }}
}}
"""

DEPS = f"""{{
  "runtimeTarget": {{
    "name": ".NETCoreApp,Version=v8.0",
    "signature": ""
  }},
  "compilationOptions": {{}},
  "targets": {{
    ".NETCoreApp,Version=v8.0": {{
      "Shop/1.0.0": {{
        "dependencies": {{
          "Serilog.Sinks.File": "5.0.0"
        }},
        "runtime": {{
          "Shop.dll": {{}}
        }}
      }},
      "Serilog/4.0.0": {{
        "runtime": {{
          "lib/net8.0/Serilog.dll": {{
            "assemblyVersion": "4.0.0.0",
            "fileVersion": "4.0.0.0"
          }}
        }}
      }},
      "Serilog.Sinks.File/5.0.0": {{
        "dependencies": {{
          "Serilog": "4.0.0"
        }}
      }}
    }}
  }},
  "libraries": {{
    "Shop/1.0.0": {{
      "type": "project",
      "serviceable": false,
      "sha512": ""
    }},
    "Serilog/4.0.0": {{
      "type": "package",
      "serviceable": true,
      "sha512": "{sri("serilog")}",
      "path": "serilog/4.0.0",
      "hashPath": "serilog.4.0.0.nupkg.sha512"
    }},
    "Serilog.Sinks.File/5.0.0": {{
      "type": "package",
      "serviceable": true,
      "sha512": "{sri("serilog file")}",
      "path": "serilog.sinks.file/5.0.0",
      "hashPath": "serilog.sinks.file.5.0.0.nupkg.sha512"
    }}
  }}
}}
"""

CENTRAL = """<Project>
  <PropertyGroup>
    <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
    <SerilogVersion>4.0.0</SerilogVersion>
  </PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Serilog" Version="$(SerilogVersion)" />
    <PackageVersion Include="Dapper" Version="[2.1.35]" />
    <PackageVersion Include="Floating" Version="3.*" />
    <GlobalPackageReference Include="Nerdbank.GitVersioning" Version="3.6.139" />
  </ItemGroup>
</Project>
"""

SBT = f"""{{
  "lockVersion" : 1,
  "timestamp" : "2026-05-01T10:00:00.000Z",
  "configurations" : [
    "compile",
    "optional",
    "provided",
    "runtime",
    "test"
  ],
  "dependencies" : [
    {{
      "org" : "org.typelevel",
      "name" : "cats-core_3",
      "version" : "2.12.0",
      "artifacts" : [
        {{
          "name" : "cats-core_3.jar",
          "hash" : "sha1:{sha1("cats")}"
        }}
      ],
      "configurations" : [
        "compile",
        "runtime",
        "test"
      ]
    }},
    {{
      "org" : "org.scalameta",
      "name" : "munit_3",
      "version" : "1.0.0",
      "artifacts" : [
        {{
          "name" : "munit_3.jar",
          "hash" : "sha1:{sha1("munit")}"
        }}
      ],
      "configurations" : [
        "test"
      ]
    }}
  ]
}}
"""

IVY = """<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">
  <info organisation="org.example" module="shop" revision="1.0.0"/>
  <configurations>
    <conf name="default"/>
    <conf name="test" visibility="private"/>
  </configurations>
  <dependencies>
    <dependency org="org.slf4j" name="slf4j-api" rev="2.0.13" conf="default->default"/>
    <dependency org="junit" name="junit" rev="4.13.2" conf="test->default"/>
    <dependency name="shop-core" rev="1.0.0"/>
    <dependency org="com.google.guava" name="guava" rev="latest.integration"/>
    <dependency org="commons-io" name="commons-io" rev="[2.0,3.0)"/>
  </dependencies>
</ivy-module>
"""

KUBERNETES = f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  template:
    spec:
      initContainers:
        - name: wait
          image: busybox:1.36
      containers:
        - name: shop
          image: registry.example/shop/api:1.2.3@sha256:{sha256("api")}
          ports:
            - containerPort: 8080
---
apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - image: registry.example/shop/cron:1.0.0
              name: cron
"""

TEKTON = """apiVersion: tekton.dev/v1
kind: Task
spec:
  stepTemplate:
    image: alpine:3.20
  steps:
    - name: build
      image: golang:1.23
      script: go build ./...
"""

SKAFFOLD = """apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
    - image: shop/api
      buildpacks:
        builder: registry.example/buildpacks/builder:v1
"""

FURTHER_SAMPLES: dict[str, dict[str, str]] = {
    "project-assets": {"Shop/obj/project.assets.json": ASSETS},
    "deps-json": {"out/Shop.deps.json": DEPS},
    "central-versions": {"Directory.Packages.props": CENTRAL},
    "sbt": {"build.sbt.lock": SBT},
    "ivy": {"ivy.xml": IVY},
    "kubernetes": {"k8s/shop.yaml": KUBERNETES},
    "tekton": {".tekton/build.yaml": TEKTON},
    "skaffold": {"skaffold.yaml": SKAFFOLD},
}
"""A tree for each format."""
