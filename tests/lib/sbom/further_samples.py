"""Trees of .NET, the JVM and Kubernetes, in the form that their tools write, shortened and invented."""

from __future__ import annotations

import io
import zipfile
import zlib

from tests.lib.sbom.samples import sha1, sha256, sri

__all__ = ["FURTHER_SAMPLES", "archive"]

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

VALUES = f"""image: registry.example/shop/one:1.0
server:
  image:
    registry: registry.example
    repository: shop/api
    tag: 2.4.0
    digest: sha256:{sha256("api")}
  initImage: {{repository: busybox, tag: "1.36"}}
sidecar:
  image: {{repository: shop/sidecar, tag: ""}}
imagePullPolicy: Always
"""
INSTALLED = """{
    "packages": [
        {
            "name": "monolog/monolog",
            "version": "3.6.0",
            "dist": {"type": "zip", "url": "https://registry.example/m.zip", "reference": "4b18b21", "shasum": ""},
            "require": {"php": ">=8.1", "psr/log": "^2.0"},
            "license": ["MIT"],
            "install-path": "../monolog/monolog"
        },
        {
            "name": "psr/log",
            "version": "3.0.0",
            "dist": {"type": "zip", "url": "https://registry.example/log.zip", "reference": "fe5ea30", "shasum": ""},
            "license": ["MIT"],
            "install-path": "../psr/log"
        }
    ],
    "dev": true,
    "dev-package-names": ["psr/log"]
}
"""
RELEASE = """IMPLEMENTOR="Eclipse Adoptium"
JAVA_RUNTIME_VERSION="21.0.4+7-LTS"
JAVA_VERSION="21.0.4"
MODULES="java.base java.logging"
"""


def archive(members: dict[str, str]) -> str:
    """Return an archive of Java that is text in UTF-8, as all samples are: no byte of its numbers is above 127."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        # The size of the list of members is such a number too.
        lengths = sum(46 + len(name) for name in members)
        filler = next(number for number in range(1, 200) if (lengths + 46 + number) & 0x80 == 0)
        for name, text in {**members, "x" * filler: ""}.items():
            made.writestr(zipfile.ZipInfo(name), _padded(text, stream.tell() + 30 + len(name)))
            made.getinfo(name).external_attr = 0
    return stream.getvalue().decode()


def _padded(text: str, offset: int) -> str:
    """Return a text, longer by a comment, whose size, end and checksum have no byte above 127."""
    made = (f"{text}# {'x' * (number % 256)}{number}\n" for number in range(100_000))
    return next(
        item for item in made if not (zlib.crc32(item.encode()) | len(item) | (len(item) + offset)) & 0x80808080
    )


JAR = archive(
    {
        "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n",
        "META-INF/maven/org.example/left/pom.properties": "groupId=org.example\nartifactId=left\nversion=1.2.0\n",
        "META-INF/maven/org.example/shaded/pom.properties": "groupId=org.example\nartifactId=shaded\nversion=0.9\n",
    }
)

PIXI = f"""version: 6
environments:
  default:
    channels:
    - url: https://conda.example/forge/
    indexes:
    - https://registry.example/simple
    packages:
      linux-64:
      - conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
      - conda: https://conda.example/forge/linux-64/python-3.12.4-h0_cpython.conda
      - conda: https://conda.example/forge/noarch/numpy-base-1.26.4-py312_0.conda
      - pypi: https://files.example/flask-3.0.3-py3-none-any.whl
      - pypi: git+https://git.example/octo/forked.git?rev=main#{"c" * 40}
      - pypi: ./
      osx-64:
      - conda: https://conda.example/forge/osx-64/libz-1.3.1-h9_2.conda
  test:
    channels:
    - url: https://conda.example/forge/
    packages:
      linux-64:
      - conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
      - conda: https://conda.example/forge/linux-64/python-3.12.4-h0_cpython.conda
      - conda: https://conda.example/forge/noarch/pytest-8.2.2-pyhd_0.conda
packages:
- conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
  sha256: {sha256("libz linux")}
  depends:
  - __glibc >=2.17
  license: Zlib
- conda: https://conda.example/forge/osx-64/libz-1.3.1-h9_2.conda
  sha256: {sha256("libz osx")}
  license: Zlib
- conda: https://conda.example/forge/linux-64/python-3.12.4-h0_cpython.conda
  build_number: 1
  sha256: {sha256("python")}
  depends:
  - libz >=1.3.1,<2.0a0
  license: Python-2.0
  purls: []
- conda: https://conda.example/forge/noarch/numpy-base-1.26.4-py312_0.conda
  sha256: {sha256("numpy")}
  depends:
  - forge::python >=3.12,<3.13.0a0
  license: None
  purls:
  - pkg:pypi/numpy?source=hash-mapping
- pypi: https://files.example/flask-3.0.3-py3-none-any.whl
  name: Flask
  version: 3.0.3
  sha256: {sha256("flask wheel")}
  requires_dist:
  - numpy>=1
  - forked
  - colorama ; sys_platform == 'win32'
  - asgiref>=3.2 ; extra == 'async'
- pypi: git+https://git.example/octo/forked.git?rev=main#{"c" * 40}
  name: forked
  version: 0.28.1
  requires_dist:
  - nowhere
- pypi: ./
  name: shop
  version: 1.0.0
  requires_dist:
  - flask
  editable: true
- conda: https://conda.example/forge/noarch/pytest-8.2.2-pyhd_0.conda
  sha256: {sha256("pytest")}
  depends:
  - python >=3.8
  license: MIT
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
    "helm-values": {
        "chart/values.yaml": VALUES,
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: 2.4.0\n",
    },
    "composer-installed": {
        "vendor/composer/installed.json": INSTALLED,
        "composer.json": '{"require": {"monolog/monolog": "^3.0"}}',
    },
    "unread": {"devbox.lock": "{}\n", "go.mod": "module x\n\ngo 1.22\n", "bun.lockb": "#!/bin/bun"},
    "pixi": {"pixi.lock": PIXI},
    "jvm": {"tools/jdk-21.0.4+7/release": RELEASE},
    "jar": {"lib/left-1.2.0.jar": JAR},
}
"""A tree for each format."""
