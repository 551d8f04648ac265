// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"
)

// CrowdHandle is the handle of one of a crowd.
func CrowdHandle(i int) string { return fmt.Sprintf("soci%05d", i) }

// crowdCollective spreads a crowd over collectives; the first is the Ateneu.
func crowdCollective(i, collectives int) directory.CollectiveName {
	if i%collectives == 0 {
		return Ateneu
	}
	return directory.CollectiveName(fmt.Sprintf("coop%04d", i%collectives))
}

// Crowd adds people to a directory, one by one, all of them of the Ateneu, and
// returns them.
func (c *Clau) Crowd(t testing.TB, people int) []directory.Person {
	t.Helper()
	ctx, by := context.Background(), directory.System()
	must(t, c.Directory.AddCollective(ctx, by, directory.Collective{ID: uuid.NewString(), Name: Ateneu,
		Title: "Ateneu Popular", State: directory.Active, Created: time.Now().UTC().Truncate(time.Second)}))
	crowd := make([]directory.Person, people)
	for i := range crowd {
		crowd[i] = c.AddPerson(t, CrowdHandle(i))
	}
	return crowd
}

// CrowdLDIF writes a crowd as LDIF, for the import of many at once. The password
// of those with an even number is hashed at the real cost, that of the others at
// almost none ([CrowdHash]).
func CrowdLDIF(to io.Writer, base string, people, collectives int) error {
	w := bufio.NewWriter(to)
	created := time.Now().UTC().Format("20060102150405Z")
	hashes, ids := [2]string{CrowdHash(0), CrowdHash(1)}, make([]string, people)
	for i := range people {
		ids[i] = uuid.NewString()
		handle := CrowdHandle(i)
		fmt.Fprintf(w, `dn: clauId=%[1]s,ou=people,%[2]s
objectClass: inetOrgPerson
objectClass: clauAccount
clauId: %[1]s
uid: %[3]s
clauState: active
displayName: Sòcia número %[4]d
cn: Sòcia número %[4]d
sn: %[4]d
mail: %[3]s@exemple.coop
clauMailVerified: %[3]s@exemple.coop
clauPrimaryCollective: ou=%[5]s,ou=collectives,%[2]s
clauPseudonymSeed:: %[6]s
clauTokenEpoch: 0
clauCreated: %[7]s
userPassword: %[8]s

`, ids[i], base, handle, i, crowdCollective(i, collectives), base64.StdEncoding.EncodeToString(random(32)), created, hashes[i%2])
	}
	for i := range collectives {
		writeCollective(w, base, created, i, collectives, ids)
	}
	return w.Flush()
}

func writeCollective(w io.Writer, base, created string, i, collectives int, ids []string) {
	name := crowdCollective(i, collectives)
	unit := fmt.Sprintf("ou=%s,ou=collectives,%s", name, base)
	fmt.Fprintf(w, `dn: %s
objectClass: organizationalUnit
objectClass: clauCollectiveUnit
ou: %s
clauId: %s
clauState: active
displayName: %s
clauCreated: %s

`, unit, name, uuid.NewString(), name, created)
	for _, container := range []string{"access", "services", "registrations", "requests"} {
		fmt.Fprintf(w, "dn: ou=%[1]s,%[2]s\nobjectClass: organizationalUnit\nou: %[1]s\n\n", container, unit)
	}
	fmt.Fprintf(w, "dn: cn=members,%s\nobjectClass: groupOfMembers\nobjectClass: clauGroup\ncn: members\n", unit)
	for j := i; j < len(ids); j += collectives {
		fmt.Fprintf(w, "member: clauId=%s,ou=people,%s\n", ids[j], base)
	}
	fmt.Fprintln(w)
}

// CrowdHash is the password of one of a crowd as the directory keeps it: with an
// even number at the real cost, else at almost none, so that what a login costs
// beside the hash can be seen.
func CrowdHash(i int) string {
	memory, passes := uint32(19*1024), uint32(2)
	if i%2 == 1 {
		memory, passes = 64, 1
	}
	salt := random(16)
	key := argon2.IDKey([]byte(Password), salt, passes, memory, 1, 32)
	text := base64.RawStdEncoding
	return fmt.Sprintf("{ARGON2}$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s",
		argon2.Version, memory, passes, text.EncodeToString(salt), text.EncodeToString(key))
}
