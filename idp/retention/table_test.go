// SPDX-License-Identifier: AGPL-3.0-or-later

package retention_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/web"
)

func TestEachRowIsNamedOnceAndHoldsNothingTwice(t *testing.T) {
	names, held := map[string]bool{}, map[string]string{}
	for _, r := range retention.Table() {
		if r.Name == "" || names[r.Name] || r.Where == "" || r.Life < 0 {
			t.Errorf("row %+v", r)
		}
		names[r.Name] = true
		for _, what := range r.Holds {
			key := string(r.Where) + " " + what
			if other := held[key]; other != "" {
				t.Errorf("%s is in %s and in %s", key, other, r.Name)
			}
			held[key] = r.Name
		}
	}
}

// What comes and goes must go: only the directory, and what others keep, may
// stay until somebody ends it.
func TestWhatIsInTheStoreOrABrowserHasAnEnd(t *testing.T) {
	for _, r := range retention.Table() {
		if (r.Where == retention.Store || r.Where == retention.Cookie) && r.Life == 0 {
			t.Errorf("%s stays for ever", r.Name)
		}
	}
}

func TestKeysOfTheStoreAreFound(t *testing.T) {
	for key, want := range map[string]string{
		"session:abc": "session", "sessions:p1": "session", "mail:spool": "mail", "mail-of:p1": "mail", "mail-claim:x": "mail",
		"activity-p:0190:2026-11": "activity", "activity-c:bressola:2026-11": "activity-collective",
		"logout:delivery:x": "logout", "limit:recover-person:X": "attempts", "tries:p1@203.0.113.0/24": "attempts",
		"grant:x": "tokens", "jti:x": "sign-on", "saml-seen:x": "answered", "connect:x": "answered", "bridge:x": "tokens",
		"forum:errand:s1.p1": "forum", "saml-source:x": "housekeeping", "waiting:told:bressola": "housekeeping",
	} {
		if r, ok := retention.KindOf(key); !ok || r.Name != want {
			t.Errorf("%s is %q, want %q", key, r.Name, want)
		}
	}
	for _, key := range []string{"", ":", "session", "sess:x", "unheard-of:x", "profile:x", "uid:x", ":session"} {
		if r, ok := retention.KindOf(key); ok {
			t.Errorf("%q is %s", key, r.Name)
		}
	}
}

func TestCookiesAreFoundWithAndWithoutPrefix(t *testing.T) {
	for name, found := range map[string]bool{"__Host-clau_session": true, "clau_browser": true, "clau_lang": true, "_ga": false, "session": false} {
		if _, ok := retention.OfCookie(name); ok != found {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

// Whatever the schema lets Clau keep of a person is in the table, or known to be
// of a collective, a service, a key or a peer.
func TestWhateverAPersonsEntryCanHoldIsInTheTable(t *testing.T) {
	schema, err := os.ReadFile("../../ldapbackend/schema/clau.ldif")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(schema), "\n ", "")
	found := 0
	for _, class := range []string{"clauAccount", "clauCredential", "clauCase", "clauInvitation", "clauRequest", "clauRetired"} {
		for _, name := range attributesOf(t, text, class) {
			found++
			if _, ok := retention.OfAttribute(name); !ok && !slices.Contains(ofThings(), name) {
				t.Errorf("%s of %s is kept without a reason", name, class)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d attributes read from the schema", found)
	}
	for _, class := range regexp.MustCompile(`olcObjectClasses: \( \S+ NAME '(\w+)'`).FindAllStringSubmatch(text, -1) {
		if _, ok := retention.OfAttribute(class[1]); !ok && !slices.Contains(classesOfThings(), class[1]) {
			t.Errorf("entries of %s are kept without a reason", class[1])
		}
	}
}

// ofThings are attributes of what a row names as a class: parts of a credential,
// and the settings that a case proposes.
func ofThings() []string {
	return []string{"clauFlag", "clauAlgorithm", "clauParameter", "clauPerson", "clauSettings"}
}

func classesOfThings() []string {
	return []string{
		"clauAccount", "clauCollectiveUnit", "clauGroup", "clauServiceEntry", "clauOIDCClient", "clauSAMLProvider",
		"clauDiscourseConnect", "clauForwardAuth", "clauKey", "clauPeer",
	}
}

func attributesOf(t *testing.T, schema, class string) []string {
	t.Helper()
	_, rest, found := strings.Cut(schema, "NAME '"+class+"'")
	definition, _, _ := strings.Cut(rest, "\nolcObjectClasses")
	if !found {
		t.Fatalf("no class %s", class)
	}
	definition = regexp.MustCompile(`DESC '[^']*'`).ReplaceAllString(definition, "")
	var names []string
	for _, name := range regexp.MustCompile(`\b[a-z]\w+\b`).FindAllString(definition, -1) {
		if name != "top" && !strings.HasPrefix(name, "clauOc") && !strings.HasPrefix(name, "clauCredential") {
			names = append(names, name)
		}
	}
	return names
}

func TestLivesAsPeopleSayThem(t *testing.T) {
	for life, want := range map[time.Duration][2]string{
		0: {"", ""}, time.Minute: {"1", "minutes"}, time.Hour: {"60", "minutes"}, 119 * time.Minute: {"119", "minutes"},
		2 * time.Hour: {"2", "hours"}, retention.Day: {"24", "hours"}, 2 * retention.Day: {"2", "days"},
		90 * retention.Day: {"90", "days"}, retention.ActivityOfPerson: {"4", "months"},
		365 * retention.Day: {"12", "months"}, retention.Audit + 31*retention.Day: {"13", "months"},
	} {
		count, unit := retention.Row{Life: life}.Span()
		if count != want[0] || unit != want[1] {
			t.Errorf("%v is %s %s", life, count, unit)
		}
	}
}

// What other rooms do is what the table says.
func TestRoomsKeepToTheTable(t *testing.T) {
	for name, pair := range map[string][2]time.Duration{
		"grace":         {membership.GraceDays * retention.Day, retention.Grace},
		"no collective": {membership.NoCollectiveDays * retention.Day, retention.NoCollective},
		"language":      {web.LanguageLife, retention.Language},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, and the table says %v", name, pair[0], pair[1])
		}
	}
}
