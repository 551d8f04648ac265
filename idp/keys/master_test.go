// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixedMaster is no secret: vectors are computed with it.
func fixedMaster() Master { return Master{secret: bytes.Repeat([]byte{7}, masterSize)} }

func TestMasterIsSavedAndLoaded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	m := testMaster(t)
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	again, err := LoadMaster(path)
	if err != nil || !bytes.Equal(again.Derive("x", 32), m.Derive("x", 32)) {
		t.Fatalf("another secret came back: %v", err)
	}
	if err := testMaster(t).Save(path); err == nil {
		t.Fatal("a master secret was written over another")
	}
}

func TestMasterThatOthersCanReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	if err := testMaster(t).Save(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadMaster(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v; want advice", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadMaster(path); err != nil {
		t.Errorf("mode 400: %v", err)
	}
}

func TestDamagedMasterIsRefused(t *testing.T) {
	whole := masterPrefix + strings.Repeat("A", 43)
	if _, err := parseMaster(" " + whole + "\n"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "\n", masterPrefix, whole[:len(whole)-1], whole + "A", whole[1:], strings.Repeat("A", 43),
		whole + "\n" + whole, masterPrefix + strings.Repeat("A", 42) + "B", // spare bits set
	} {
		path := filepath.Join(t.TempDir(), "master")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadMaster(path)
		if err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := LoadMaster(t.TempDir()); err == nil {
		t.Error("a directory was taken")
	}
	if _, err := LoadMaster(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What is derived must be the same for ever: pseudonyms stand on it.
func TestDerivedKeysStayWhatTheyAre(t *testing.T) {
	for purpose, want := range map[string]string{
		PurposeSealing:    "398d253f",
		PurposePseudonyms: "7df5f9f5",
		PurposeSessionIDs: "9d40171a",
	} {
		got := hex.EncodeToString(fixedMaster().Derive(purpose, 32))
		if got[:8] != want {
			t.Errorf("%s: %s", purpose, got[:8])
		}
	}
	seen := map[string]bool{}
	for _, purpose := range []string{
		PurposeSealing, PurposeSealingID, PurposePseudonyms, PurposeSessionIDs,
		PurposeCookies, PurposeCSRF, PurposeReceipts, PurposeAudit,
	} {
		key := string(fixedMaster().Derive(purpose, 32))
		if seen[key] {
			t.Errorf("%s derives the key of another purpose", purpose)
		}
		seen[key] = true
	}
}

func TestNothingIsDerivedFromNothing(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the zero Master derived a key that everybody can compute")
		}
	}()
	Master{}.Derive(PurposeCookies, 32)
}

func TestMasterDoesNotShowInLogs(t *testing.T) {
	m := Master{secret: bytes.Repeat([]byte("S"), masterSize)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "master", m, "in", struct{ M Master }{m})
	all := log.String() + fmt.Sprint(m) + fmt.Sprintf("%+v %#v %s %q", m, m, m, m)
	for _, trace := range []string{"SSSS", "83 83", "0x53", "5353", "U1NT"} {
		if strings.Contains(all, trace) {
			t.Errorf("the secret shows as %q in %s", trace, all)
		}
	}
}
