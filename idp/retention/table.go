// SPDX-License-Identifier: AGPL-3.0-or-later

package retention

import "time"

// Table is all that is kept. Each row has its words on /privacy: what it is, what
// it is for, and what ends it.
func Table() []Row {
	return []Row{
		// The account, in the directory.
		{Name: "profile", Where: Directory, Holds: []string{
			"uid", "cn", "displayName", "givenName", "sn", "preferredLanguage", "clauId", "clauAnonymous", "clauState",
			"clauCreated", "clauLastUsed", "clauExpires", "clauTermsAccepted", "clauExternalId", "description"}},
		{Name: "address", Where: Directory, Holds: []string{"mail", "clauMailVerified", "clauMailPending"}},
		{Name: "password", Where: Directory, Holds: []string{
			"userPassword", "pwdChangedTime", "pwdHistory", "pwdFailureTime", "pwdAccountLockedTime", "pwdReset",
			"pwdGraceUseTime", "clauSecretHash", "clauTokenEpoch", "clauCredential", "clauPasskey", "clauTOTP",
			"clauRecoveryCodes", "clauAppPassword"}},
		{Name: "identifiers", Where: Directory, Holds: []string{"clauPseudonymSeed", "clauSubject"}},
		{Name: "memberships", Where: Directory, Holds: []string{
			"member", "clauManager", "clauRole", "clauPrimaryCollective", "clauCollective", "clauValidatedBy", "clauValidatedAt", "clauRegistrars"}},
		{Name: "suspension", Where: Directory, Holds: []string{"clauReason", "clauUntil"}},
		{Name: "consents", Where: Directory, Holds: []string{"clauConsent", "clauReceipt", "clauRelease", "clauScope"}},
		{Name: "no-collective", Where: Directory, Life: NoCollective},
		{Name: "retired", Where: Directory, Life: Grace},
		{Name: "reserved", Where: Directory, Holds: []string{"clauReserved", "clauRetired", "clauReservations"}},

		// On the way in.
		{Name: "unproven", Where: Directory, Life: Unproven},
		{Name: "request", Where: Directory, Life: LapseMax, Holds: []string{
			"clauCase", "clauRequest", "clauKind", "clauWords", "clauDialogue", "clauAgreedBy", "clauOpenedBy"}},
		{Name: "invitation", Where: Directory, Life: Invitation, Holds: []string{"clauInvitation", "clauCounter"}},

		// What comes and goes.
		{Name: "session", Where: Store, Life: Session, Holds: []string{"session", "sessions", "joined", "sid", "named", "forward"}},
		{Name: "sign-on", Where: Store, Life: SignOn, Holds: []string{"signon", "jti", "saml-posted"}},
		{Name: "answered", Where: Store, Life: Answered, Holds: []string{"saml-seen", "connect"}, Impersonal: true},
		{Name: "tokens", Where: Store, Life: Grant, Holds: []string{"grant", "given", "held", "bridge"}},
		{Name: "attempts", Where: Store, Life: Attempts, Holds: []string{
			"tries", "limit", "join-code", "join-from", "join-letter", "join-again", "join-again-to", "member-reset",
			"invite-letter", "admit", "service-letter"}},
		{Name: "links", Where: Store, Life: Ticket, Holds: []string{"ticket"}},
		{Name: "mail", Where: Store, Life: Mail, Holds: []string{"mail", "mail-of", "mail-claim"}},
		{Name: "logout", Where: Store, Life: Logout, Holds: []string{"logout", "farewell", "farewell-relay", "saml-logout"}},
		{Name: "logout-last", Where: Store, Life: LogoutRecord, Holds: []string{"logout-last", "logout-fate"}},
		{Name: "logout-tally", Where: Store, Life: LogoutRecord, Holds: []string{"logout-tally"}, Impersonal: true},
		{Name: "forum", Where: Store, Life: Logout, Holds: []string{"forum"}},
		{Name: "activity", Where: Store, Life: ActivityOfPerson, Holds: []string{"activity-p"}},
		{Name: "activity-collective", Where: Store, Life: ActivityOfCollective, Holds: []string{"activity-c"}},
		{Name: "trace", Where: Store, Life: Trace, Holds: []string{"trace", "trace-code"}},
		{Name: "used", Where: Store, Life: Used, Holds: []string{"used"}, Impersonal: true},
		{Name: "housekeeping", Where: Store, Life: Sweeps, Holds: []string{
			"sweep", "waiting", "forgotten", "saml-fetch", "saml-source"}, Impersonal: true},

		// Files of who runs the servers.
		{Name: "record", Where: File, Life: Audit + 31*Day, Holds: []string{"audit.log"}},
		{Name: "log", Where: File},

		// In the browser.
		{Name: "cookie-session", Where: Cookie, Life: Session, Holds: []string{"clau_session", "clau_forward"}},
		{Name: "cookie-browser", Where: Cookie, Life: BrowserName, Holds: []string{"clau_browser", "clau_forward_name"}},
		{Name: "cookie-trace", Where: Cookie, Life: Trace, Holds: []string{"clau_trace"}},
		{Name: "cookie-language", Where: Cookie, Life: Language, Holds: []string{"clau_lang"}},
	}
}

// Row is one kind of thing that is kept.
type Row struct {
	Name  string // of its words: privacy.kept.<name>.what, .why and .end
	Where Place

	// Life is how long it is kept at most; what ends it earlier is in its words.
	// Zero: only its words say what ends it.
	Life time.Duration

	// Holds are the attributes and classes of the directory, the kinds of keys of
	// the store, the files or the cookies that it is made of.
	Holds []string

	// Impersonal is what is about nobody. It is here so that the table is whole,
	// and not on the page.
	Impersonal bool
}

// Place is where something is kept.
type Place string

// The places.
const (
	Directory Place = "directory"
	Store     Place = "store"
	File      Place = "file"
	Cookie    Place = "cookie"
)
