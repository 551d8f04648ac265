// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// activityKinds are the events of the audit, each a sentence below "activity."
// as the person reads it whom it happened to.
func activityKinds() []string {
	return []string{
		"login-succeeded", "login-failed", "logged-out", "session-ended",
		"password-changed", "password-set", "reset-sent", "code-used",
		"sign-on", "sign-on-refused", "tokens-revoked",
		"consent-given", "consent-denied", "consent-stopped", "consent-renewed",
		"key-added", "key-rotated", "key-removed",
		"person-added", "person-changed", "person-removed", "person-suspended", "person-restored",
		"collective-added", "collective-changed", "collective-removed",
		"service-added", "service-changed", "service-removed",
		"applied", "address-proved", "case-opened", "case-agreed", "case-asked", "case-answered",
		"case-accepted", "case-refused", "case-passed", "case-withdrawn", "case-lapsed",
		"invitation-made", "invitation-used", "invitation-removed",
		"member-added", "member-removed", "member-left", "manager-added", "manager-removed",
		"access-granted", "access-revoked", "admin-added", "admin-removed",
		"profile-changed", "address-changed", "data-exported",
		"erase-asked", "erase-cancelled", "person-erased",
		"events-lost", "months-removed", "line-torn", "other",
	}
}
