// Serves a container registry, kept in memory, that knows what refers to an image (OCI 1.1), on the given address.
//
// Usage: referring-registry 127.0.0.1:PORT
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	handler := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
