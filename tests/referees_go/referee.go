// Referee checks what the hub publishes with code that is not the hub's: Go's own
// golang.org/x/mod/sumdb/note and sumdb/tlog, on which Go's checksum database stands.
//
// It reads one JSON document from standard input, the log's verifier key and a list of checks,
// and writes one verdict for each check, in order. A check that does not hold is a verdict, not an
// error of the program.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

type request struct {
	Key    string  `json:"key"`
	Log    string  `json:"log"` // a folder, or the http:// address of /log
	Checks []check `json:"checks"`
}

type check struct {
	Kind    string   `json:"kind"`
	Note    []byte   `json:"note"`
	Old     []byte   `json:"old"`
	Index   int64    `json:"index"`
	Leaf    []byte   `json:"leaf"`
	Entry   []byte   `json:"entry"`
	Proof   [][]byte `json:"proof"`
	Receipt []byte   `json:"receipt"`
	Sizes   []int64  `json:"sizes"`
	Leaves  [][]byte `json:"leaves"`
}

type verdict struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason"`
	Size   int64  `json:"size"`
	Root   []byte `json:"root"`
	Checks int    `json:"checks"`
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, "referee: the question is not JSON:", err)
		os.Exit(2)
	}
	key, err := note.NewVerifier(asked.Key)
	if err != nil {
		fmt.Fprintln(os.Stderr, "referee: the verifier key:", err)
		os.Exit(2)
	}
	verdicts := make([]verdict, 0, len(asked.Checks))
	for _, each := range asked.Checks {
		found, err := judge(each, key, asked.Log)
		found.OK = err == nil
		if err != nil {
			found.Reason = err.Error()
		}
		verdicts = append(verdicts, found)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		os.Exit(2)
	}
}

func judge(asked check, key note.Verifier, log string) (verdict, error) {
	if asked.Kind == "receipt" {
		return receipt(asked, key)
	}
	tree, err := open(asked.Note, key)
	found := verdict{Size: tree.N, Root: tree.Hash[:]}
	if err != nil {
		return found, err
	}
	switch asked.Kind {
	case "checkpoint":
		return found, nil
	case "inclusion":
		return found, inclusion(asked, tree)
	case "consistency":
		before, err := open(asked.Old, key)
		if err != nil {
			return found, err
		}
		proof, err := hashes(asked.Proof)
		if err != nil {
			return found, err
		}
		return found, tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
	case "tiles":
		found.Checks, err = tiles(asked, tree, log)
		return found, err
	}
	return found, fmt.Errorf("unknown check %q", asked.Kind)
}

// open returns the tree a checkpoint commits to, if the log's key signed it. Go's ParseTree wants
// the first line of its own database, so the two lines behind the origin are handed to it.
func open(signed []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, found := strings.Cut(opened.Text, "\n")
	if !found || origin != key.Name() {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is of the log %q, the key of %q", origin, key.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

func inclusion(asked check, tree tlog.Tree) error {
	proof, err := hashes(asked.Proof)
	if err != nil {
		return err
	}
	leaf, err := leafOf(asked)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(proof), tree.N, tree.Hash, asked.Index, leaf)
}

// leafOf returns the leaf's hash; an entry is hashed here, so that the leaf is not ours either.
func leafOf(asked check) (tlog.Hash, error) {
	if asked.Entry != nil {
		return tlog.RecordHash(asked.Entry), nil
	}
	return hash(asked.Leaf)
}

// receipt reads a C2SP tlog-proof and checks it against nothing but the key and the leaf.
func receipt(asked check, key note.Verifier) (verdict, error) {
	head, signed, found := strings.Cut(string(asked.Receipt), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return verdict{}, errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	digits := strings.TrimPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || "index "+strconv.FormatInt(index, 10) != lines[0] {
		return verdict{}, errors.New("the receipt names no index")
	}
	for _, line := range lines[1:] {
		step, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return verdict{}, err
		}
		asked.Proof = append(asked.Proof, step)
	}
	asked.Index = index
	tree, err := open([]byte(signed), key)
	if err != nil {
		return verdict{}, err
	}
	return verdict{Size: tree.N, Root: tree.Hash[:]}, inclusion(asked, tree)
}

// tiles proves every leaf it is given, and every earlier size, from the published tiles alone; the
// reader checks each hash it takes out of a tile against the checkpoint.
func tiles(asked check, tree tlog.Tree, log string) (int, error) {
	reader := tlog.TileHashReader(tree, &published{log, map[string][]byte{}})
	done := 0
	for n, given := range asked.Leaves {
		leaf, err := hash(given)
		if err != nil {
			return done, err
		}
		proof, err := tlog.ProveRecord(tree.N, int64(n), reader)
		if err != nil {
			return done, err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), leaf); err != nil {
			return done, fmt.Errorf("leaf %d: %w", n, err)
		}
		done++
	}
	for _, size := range asked.Sizes {
		before, err := tlog.TreeHash(size, reader)
		if err != nil {
			return done, err
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return done, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, before); err != nil {
			return done, fmt.Errorf("size %d: %w", size, err)
		}
		done++
	}
	return done, nil
}

// published reads tiles from a folder or over HTTP, each once; C2SP paths leave out Go's height.
type published struct {
	log  string
	seen map[string][]byte
}

func (*published) Height() int                     { return tileHeight }
func (*published) SaveTiles([]tlog.Tile, [][]byte) {}

func (p *published) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(wanted))
	for i, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := p.read(path)
		if err != nil && tile.W < 1<<tileHeight {
			// A log may delete a partial tile once the full one is there.
			whole, _, _ := strings.Cut(path, ".p/")
			data, err = p.read(whole)
		}
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has only %d bytes", path, len(data))
		}
		read[i] = data[:tile.W*tlog.HashSize]
	}
	return read, nil
}

func (p *published) read(path string) ([]byte, error) {
	data, known := p.seen[path]
	if known {
		return data, nil
	}
	data, err := p.fetch(path)
	if err == nil {
		p.seen[path] = data
	}
	return data, err
}

func (p *published) fetch(path string) ([]byte, error) {
	if !strings.HasPrefix(p.log, "http://") {
		return os.ReadFile(filepath.Join(p.log, filepath.FromSlash(path)))
	}
	answer, err := http.Get(p.log + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func hashes(given [][]byte) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(given))
	for i, each := range given {
		one, err := hash(each)
		if err != nil {
			return nil, err
		}
		found[i] = one
	}
	return found, nil
}

func hash(given []byte) (tlog.Hash, error) {
	var found tlog.Hash
	if len(given) != tlog.HashSize {
		return found, fmt.Errorf("a hash has %d bytes, not %d", tlog.HashSize, len(given))
	}
	copy(found[:], given)
	return found, nil
}
