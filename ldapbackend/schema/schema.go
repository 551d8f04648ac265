// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed groupofmembers.ldif eduperson.ldif clau.ldif
var files embed.FS

// Names lists the schema files in the order in which they must be loaded.
func Names() []string {
	return []string{"groupofmembers.ldif", "eduperson.ldif", "clau.ldif"}
}

// Files gives the schema files as they are: one cn=config schema entry each
// (olcAttributeTypes and olcObjectClasses, RFC 4512 section 4.1).
func Files() fs.FS { return files }

// OpenLDAP returns the whole schema as LDIF for cn=config, to be loaded with
// "ldapadd -Y EXTERNAL -H ldapi:///". It needs core, cosine and inetorgperson,
// which every slapd ships. Where the full eduPerson schema is loaded already,
// leave that entry out.
func OpenLDAP() string {
	var all []string
	for _, name := range Names() {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded above: cannot be missing
		}
		all = append(all, strings.TrimSpace(string(text))+"\n")
	}
	return strings.Join(all, "\n")
}
