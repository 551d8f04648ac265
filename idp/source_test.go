// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const spdx = "// SPDX-License-Identifier: AGPL-3.0-or-later\n"

// TestEveryFileNamesItsLicence: a file that is copied elsewhere still says on
// what terms it may be used.
func TestEveryFileNamesItsLicence(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".g") || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(text, []byte(spdx)) {
			t.Errorf("%s does not begin with %q", path, spdx)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLicenceIsWhole: the text that the lines above point to is there.
func TestLicenceIsWhole(t *testing.T) {
	text, err := os.ReadFile("../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"GNU AFFERO GENERAL PUBLIC LICENSE",
		"Version 3, 19 November 2007",
		"13. Remote Network Interaction; Use with the GNU General Public License.",
		"END OF TERMS AND CONDITIONS",
	} {
		if !bytes.Contains(text, []byte(line)) {
			t.Errorf("LICENSE does not contain %q", line)
		}
	}
}

// TestEveryPackageSaysWhatItOwns: the package comments are the map of the house.
func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.name())
		}
	}
}
