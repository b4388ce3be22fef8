// Serves HashiCorp Vault's transit engine, kept in memory, on the given address, to whoever has the given token.
//
// The engine is Vault's own; what a whole Vault has around it (seal, storage, policies) is left out: one token may
// do everything, a second one only read. Usage: transit-engine 127.0.0.1:PORT TOKEN READER
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

var operations = map[string]logical.Operation{
	http.MethodGet:    logical.ReadOperation,
	http.MethodPost:   logical.UpdateOperation,
	http.MethodPut:    logical.UpdateOperation,
	http.MethodDelete: logical.DeleteOperation,
	"LIST":            logical.ListOperation,
}

func main() {
	address, token, reader := os.Args[1], os.Args[2], os.Args[3]
	storage := &logical.InmemStorage{}
	background := context.Background()
	config := &logical.BackendConfig{StorageView: storage, System: logical.TestSystemView()}
	engine, err := transit.Backend(background, config)
	if err == nil {
		err = engine.Setup(background, config)
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range engine.Paths {
		// The SDK by itself is stricter than the copy of it in this Vault: it ends where an operation that creates
		// has no check of what exists. Nothing creates here that way.
		if path.ExistenceCheck == nil {
			path.ExistenceCheck = func(context.Context, *logical.Request, *framework.FieldData) (bool, error) { return false, nil }
		}
	}
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		given := request.Header.Get("X-Vault-Token")
		path, isTransit := strings.CutPrefix(request.URL.Path, "/v1/transit/")
		operation, isKnown := operations[request.Method]
		switch {
		case !isTransit || !isKnown:
			refuse(to, http.StatusNotFound, nil)
			return
		case given != token && !(given == reader && operation == logical.ReadOperation):
			// In Vault's own words.
			refuse(to, http.StatusForbidden, logical.ErrPermissionDenied)
			return
		}
		data := map[string]interface{}{}
		if operation == logical.UpdateOperation {
			// Vault itself refuses more than 32 MiB.
			decoder := json.NewDecoder(http.MaxBytesReader(to, request.Body, 32<<20))
			decoder.UseNumber()
			if err := decoder.Decode(&data); err != nil {
				refuse(to, http.StatusBadRequest, err)
				return
			}
		}
		answer, err := engine.HandleRequest(request.Context(), &logical.Request{
			Operation: operation, Path: path, Data: data, Storage: storage, MountPoint: "transit/",
		})
		status, err := logical.RespondErrorCommon(&logical.Request{Operation: operation}, answer, err)
		switch {
		case errors.Is(err, logical.ErrUnsupportedPath):
			refuse(to, http.StatusNotFound, err)
		case status != 0 || err != nil:
			refuse(to, max(status, http.StatusBadRequest), err)
		case answer == nil:
			to.WriteHeader(http.StatusNoContent)
		default:
			to.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(to).Encode(map[string]interface{}{"data": answer.Data})
		}
	})))
}

func refuse(to http.ResponseWriter, status int, err error) {
	said := []string{}
	if err != nil {
		said = append(said, err.Error())
	}
	to.Header().Set("Content-Type", "application/json")
	to.WriteHeader(status)
	_ = json.NewEncoder(to).Encode(map[string][]string{"errors": said})
}
