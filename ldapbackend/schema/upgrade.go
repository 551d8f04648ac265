// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// ErrEntry is returned for a name of the schema entry that is not of the form
// "{6}clau".
var ErrEntry = errors.New("schema: not the name of a schema entry")

var entryForm = regexp.MustCompile(`^\{[0-9]{1,3}\}[A-Za-z0-9-]{1,32}$`)

// Upgrade returns LDIF for cn=config that brings an OpenLDAP which an older Clau
// prepared up to this one: schema, access rules, indexes and overlays. Load it
// with "ldapmodify -Y EXTERNAL -H ldapi:///". It takes nothing away from what is
// in the directory, and loading it twice does no harm.
//
// The server counts its schema entries and databases: entry is what it calls
// that of Clau, such as "{6}clau", and database is as for [Access].
func Upgrade(base, database, entry string) (string, error) {
	s, err := parseBase(base)
	if err != nil {
		return "", err
	}
	switch {
	case !databaseForm.MatchString(database):
		return "", fmt.Errorf("%w: %q", ErrDatabase, database)
	case !entryForm.MatchString(entry):
		return "", fmt.Errorf("%w: %q", ErrEntry, entry)
	}
	db := "olcDatabase=" + database + ",cn=config"
	var w writer
	w.comment("The schema of Clau. Its name: ldapsearch -Y EXTERNAL -H ldapi:/// -LLL -b cn=schema,cn=config -s one 1.1")
	w.entry("cn="+entry+",cn=schema,cn=config", redefinition()...)
	w.entry("olcDatabase={-1}frontend,cn=config", append([]string{"changetype: modify"}, sorting()...)...)
	w.entry(db, append([]string{"changetype: modify"}, tuning(s)...)...)
	w.comment("The overlays, by the numbers that they have when nobody added others before them.")
	w.entry("olcOverlay={2}unique,"+db, append([]string{"changetype: modify", "replace: olcUniqueURI"}, unique(s)...)...)
	w.entry("olcOverlay={3}constraint,"+db, append([]string{"changetype: modify", "replace: olcConstraintAttribute"}, constraints()...)...)
	return w.text.String(), nil
}

// redefinition replaces all types and classes at once: slapd checks them when it
// has read them all.
func redefinition() []string {
	text, err := fs.ReadFile(files, "clau.ldif")
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	var types, classes []string
	for _, line := range unfolded(string(text)) {
		switch {
		case strings.HasPrefix(line, "olcAttributeTypes: "):
			types = append(types, line)
		case strings.HasPrefix(line, "olcObjectClasses: "):
			classes = append(classes, line)
		}
	}
	lines := append([]string{"changetype: modify", "replace: olcAttributeTypes"}, types...)
	return append(append(lines, "-", "replace: olcObjectClasses"), classes...)
}

// unfolded joins the lines that go on from the one before (RFC 2849).
func unfolded(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\n ", ""), "\n")
}
