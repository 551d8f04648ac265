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

// Crowd adds people to a directory, one by one, all of them of the Ateneu.
func (c *Clau) Crowd(t testing.TB, people int) {
	t.Helper()
	ctx, by := context.Background(), directory.System()
	must(t, c.Directory.AddCollective(ctx, by, directory.Collective{ID: uuid.NewString(), Name: Ateneu,
		Title: "Ateneu Popular", State: directory.Active, Created: time.Now().UTC().Truncate(time.Second)}))
	for i := range people {
		c.AddPerson(t, CrowdHandle(i))
	}
}

// CrowdLDIF writes a crowd as LDIF, for the import of many at once. All have
// the same password, hashed once.
func CrowdLDIF(to io.Writer, base string, people, collectives int) error {
	w := bufio.NewWriter(to)
	created := time.Now().UTC().Format("20060102150405Z")
	hash, ids := hashed(), make([]string, people)
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

`, ids[i], base, handle, i, crowdCollective(i, collectives), base64.StdEncoding.EncodeToString(random(32)), created, hash)
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

// hashed is the password as the directory keeps it, at the real cost.
func hashed() string {
	salt := random(16)
	key := argon2.IDKey([]byte(Password), salt, 2, 19*1024, 1, 32)
	text := base64.RawStdEncoding
	return fmt.Sprintf("{ARGON2}$argon2id$v=%d$m=19456,t=2,p=1$%s$%s", argon2.Version, text.EncodeToString(salt), text.EncodeToString(key))
}
