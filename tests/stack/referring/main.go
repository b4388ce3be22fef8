// Serves a container registry, kept in memory, that knows what refers to an image (OCI 1.1), on the given address.
//
// Usage: referring-registry 127.0.0.1:PORT
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	handler := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	log.Fatal(http.ListenAndServe(os.Args[1], http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodPut {
			// It keeps referrers without saying so, as the specification has it: clients would write the tag too.
			body, err := io.ReadAll(request.Body)
			if err != nil {
				http.Error(to, err.Error(), http.StatusBadRequest)
				return
			}
			var manifest struct{ Subject struct{ Digest string } }
			if json.Unmarshal(body, &manifest) == nil && manifest.Subject.Digest != "" {
				to.Header().Set("OCI-Subject", manifest.Subject.Digest)
			}
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		handler.ServeHTTP(to, request)
	})))
}
