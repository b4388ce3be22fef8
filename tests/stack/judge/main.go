// Judges what maximus says of Merkle trees and signed notes, by implementations of others.
//
// Reads one JSON question a line on standard input and answers each with one line: "ok", a root, or what is wrong.
// Usage: merkle-judge < questions
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	rekornote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type question struct {
	Kind    string   `json:"kind"`
	Leaf    string   `json:"leaf"`
	Index   uint64   `json:"index"`
	Old     uint64   `json:"old"`
	Size    uint64   `json:"size"`
	Root    string   `json:"root"`
	OldRoot string   `json:"old_root"`
	Hashes  []string `json:"hashes"`
	File    string   `json:"file"`
	Note    string   `json:"note"`
	Key     string   `json:"key"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			fmt.Fprintln(out, "no question:", err)
			continue
		}
		fmt.Fprintln(out, answer(asked))
	}
}

func answer(asked question) string {
	switch asked.Kind {
	case "inclusion":
		return told(proof.VerifyInclusion(rfc6962.DefaultHasher, asked.Index, asked.Size, raw(asked.Leaf), all(asked.Hashes), raw(asked.Root)))
	case "consistency":
		return told(proof.VerifyConsistency(rfc6962.DefaultHasher, asked.Old, asked.Size, all(asked.Hashes), raw(asked.OldRoot), raw(asked.Root)))
	case "root":
		return root(asked.File)
	case "ed25519":
		verifier, err := note.NewVerifier(asked.Key)
		return opened(asked.Note, verifier, err)
	case "ecdsa":
		verifier, err := rekornote.NewVerifier(asked.Key)
		return opened(asked.Note, verifier, err)
	}
	return "no such kind"
}

// root returns the root over the lines of a file.
func root(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 2<<20)
	for lines.Scan() {
		if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(lines.Bytes()), nil); err != nil {
			return err.Error()
		}
	}
	if tree.End() == 0 {
		return hex.EncodeToString(rfc6962.DefaultHasher.EmptyRoot())
	}
	found, err := tree.GetRootHash(nil)
	if err != nil {
		return err.Error()
	}
	return hex.EncodeToString(found)
}

func opened(text string, verifier note.Verifier, err error) string {
	if err != nil {
		return err.Error()
	}
	_, err = note.Open([]byte(text), note.VerifierList(verifier))
	return told(err)
}

func told(err error) string {
	if err != nil {
		return err.Error()
	}
	return "ok"
}

func raw(text string) []byte {
	found, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return found
}

func all(texts []string) [][]byte {
	found := make([][]byte, 0, len(texts))
	for _, text := range texts {
		found = append(found, raw(text))
	}
	return found
}
