// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// Every page in every language, as people get it. Look at the difference before
// -update: each line of it is something that somebody will see.
func TestGoldenPages(t *testing.T) {
	all := newThemes(t)
	for _, language := range all.Languages() {
		for _, story := range stories() {
			name := story.name + "." + language.Tag + ".html"
			t.Run(name, func(t *testing.T) {
				story.frame.Lang = language.Tag
				golden(t, name, stable(all, render(t, all, story.frame, story.page)))
			})
		}
	}
}

// stable takes out what changes with every touch of the stylesheet.
func stable(all *Themes, page string) string {
	return strings.ReplaceAll(page, all.assets.digest, "DIGEST")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what people got before; got:\n%s", file, got)
	}
}

// A story is missing when a page is never shown in one.
func TestEveryPageHasAStory(t *testing.T) {
	told := map[string]bool{}
	for _, story := range stories() {
		told[story.page.page()] = true
	}
	for _, p := range every() {
		if !told[p.page()] {
			t.Errorf("no story shows %s", p.page())
		}
	}
}
