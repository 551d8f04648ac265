// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

//go:embed templates/*.html assets/* locales/*.json mails/*
var embedded embed.FS

// files are Clau's own with an overlay in front.
type files struct{ overlay, own fs.FS }

// newFiles refuses an overlay with files that would replace nothing: a
// misspelt path must not look like a change that does not work.
func newFiles(overlay fs.FS) (files, error) {
	f := files{overlay: overlay, own: embedded}
	if overlay == nil {
		return f, nil
	}
	var faults []error
	err := fs.WalkDir(overlay, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !f.replaces(name) {
			faults = append(faults, fmt.Errorf("themes: the overlay's %s replaces nothing", name))
		}
		return nil
	})
	return f, errors.Join(append(faults, err)...)
}

func (f files) replaces(name string) bool {
	switch path.Dir(name) {
	case "assets":
		return contentType(name) != ""
	case "locales":
		return path.Ext(name) == ".json"
	}
	_, err := fs.Stat(f.own, name)
	return err == nil
}

// read returns the file as people shall see it.
func (f files) read(name string) ([]byte, error) {
	if f.overlay != nil {
		content, err := fs.ReadFile(f.overlay, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	return fs.ReadFile(f.own, name)
}

// list returns the names of the files in dir, Clau's own and the overlay's.
func (f files) list(dir string) ([]string, error) {
	names, err := fs.Glob(f.own, dir+"/*")
	if err != nil || f.overlay == nil {
		return names, err
	}
	more, err := fs.Glob(f.overlay, dir+"/*")
	names = append(names, more...)
	slices.Sort(names)
	return slices.Compact(names), err
}
