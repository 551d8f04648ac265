// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"html/template"
	"maps"
	"slices"
)

// functions are what templates may call, bound to a language:
//
//	t "key" "name" value …   the sentence of a key, with its placeholders filled
//	alert key                the sentence of an error that a handler chose
//	notice key               the sentence of a notice that a handler chose
//	said "family" code …     the sentence family.code.…, for codes that handlers choose
//	asset "clau.css"         the path of a file in assets/
//	link address             the address if it may be shown as one, else nothing
//	host address             the host that an address leads to
//	mailto address           a link to write to a mail address, if it is one, else nothing
func (t *Themes) functions(lang string) template.FuncMap {
	words := t.locales[lang]
	return template.FuncMap{
		"t":      func(key string, args ...string) string { return fill(words[key], args) },
		"alert":  func(key string) string { return first(words, key, "alert.other") },
		"notice": func(key string) string { return words[key] },
		"said":   func(family, code string, part ...string) string { return said(words, family, code, part) },
		"asset":  t.assets.path,
		"link":   link,
		"host":   host,
		"mailto": mailto,
		"autosubmit": func() template.JS {
			return formPostScript
		},
	}
}

// said speaks a code of a family, or "other" of the family when the code is
// unknown: an old theme below a newer Clau still says something sensible.
func said(words locale, family, code string, part []string) string {
	key, other := family+"."+code, family+".other"
	for _, p := range part {
		key, other = key+"."+p, other+"."+p
	}
	return first(words, key, other)
}

func first(words locale, key, other string) string {
	if sentence, found := words[key]; found {
		return sentence
	}
	return words[other]
}

// chosen returns the keys that no template names, because a handler chooses
// among them at run time. [New] wants each in every language.
func chosen() []string {
	keys := []string{"alert.other"}
	all := families()
	maps.Copy(all, registrationFamilies())
	for family, codes := range all {
		for _, code := range codes {
			keys = append(keys, family+"."+code)
		}
	}
	for _, code := range errorCodes() {
		keys = append(keys, "error."+code+".title", "error."+code+".text", "error."+code+".advice", "error."+code+".back")
	}
	keys = append(keys, mailKeys()...)
	return slices.Sorted(slices.Values(keys))
}

// families are what handlers may put into Error, Notice, Reason, Status and
// Methods fields.
func families() map[string][]string {
	return map[string][]string{
		"login": {
			"wrong", "empty", "slow", "locked", "busy", "unavailable", "refused",
			"again", "stepup", "logged-out", "password-changed", "expired",
		},
		"password": {
			"weak", "short", "long", "empty", "differ", "same", "used", "leaked", "refused", "unavailable", "wrong",
			"must-change", "expired",
		},
		"account":  {"saved", "password-changed", "unavailable"},
		"profile":  {"name", "long", "odd"},
		"address":  {"sent", "proved", "forgotten", "malformed", "same", "code", "slow", "taken", "old-link"},
		"sessions": {"ended"},
		"collectives": {
			"asked", "answered", "taken-back", "left", "unknown", "again", "closed", "slow", "long", "none-chosen",
		},
		"collectives.kind": {"join", "home", "other"},
		"leave":            {"last-manager"},
		"activity":         activityKinds(),
		"privacy.kept":     keptWords(),
		"privacy.place":    {"directory", "store", "file", "cookie", "other"},
		"happened.by":      {"you", "manager", "operator", "clau", "unknown", "other"},
		"erase":            {"last-manager", "old-link"},
		"recover":          {"empty", "slow", "old-link", "wrong"},
		"logout.status":    {"done", "retrying", "unsupported", "browser", "waiting", "asked", "failed", "other"},
		"method":           {"pwd", "otp", "hwk", "swk", "mfa", "pin", "user", "other"},
		"service":          {"not-anonymous"},
		"portal.ends":      {"closes", "token-dies", "stays", "other"},
		"attribute": {
			"name", "given_name", "family_name", "preferred_username", "email", "email_verified", "locale", "groups", "roles", "other",
		},
		"purpose": {
			"name", "given_name", "family_name", "preferred_username", "email", "email_verified", "locale", "groups", "roles", "other",
		},
		"consent":     {"stale", "pseudonym", "appear-missing", "unavailable"},
		"consent.why": {"first", "more", "policy", "value", "expired", "wished", "stopped", "other"},
		"consent.appear": {
			"real", "pseudonym", "none", "other",
			"real.hint", "pseudonym.hint", "none.hint", "other.hint",
		},
		"services":         {"stopped", "renewed", "again", "confirm", "unavailable"},
		"services.state":   {"asked", "again", "agreed", "nothing", "stopped", "other"},
		"services.known":   {"subject", "handle", "alias", "pseudonym", "other"},
		"receipt.decision": {"allowed", "part", "denied", "stopped", "renewed", "reopened", "agreed", "other"},
		"closed":           {"account", "anonymous", "group", "handle", "members", "stopped", "suspended", "other"},
		"policy":           {"saved", "previewed", "stale", "unavailable"},
		"policy.need":      {"required", "optional", "forbidden"},
		"policy.fault":     {"number", "address", "date", "need", "long", "both", "other"},
		"policy.who":       {"member", "anonymous", "guest", "other"},
		"policy.outcome":   {"asked", "agreed", "nothing", "refused", "other"},
		"collective.notice": {
			"accepted", "accepted-unwritten", "agreed", "second", "asked", "asked-unwritten", "refused", "refused-unwritten", "opposed",
			"passed", "passed-unwritten", "suspended", "restored", "expelled", "expelled-unwritten", "appointed", "dismissed",
			"reset-sent", "entrusted", "relieved", "invited", "withdrawn", "admitted", "shut", "saved", "logo-saved", "logo-removed",
		},
		"collective.error": {
			"self", "exceeds", "last-manager", "done", "closed", "no-address", "conflict", "stale", "slow", "unavailable",
		},
		"collective.fault": {
			"empty", "long", "number", "date", "date-year", "address", "colour", "picture", "picture-large", "nobody", "role",
			"malformed", "taken", "too-long", "wrong", "other",
		},
		"requests.kind":   {"register", "join", "home", "appoint", "dismiss", "suspend", "expel", "settings", "other"},
		"requests.state":  {"new", "asked", "answered", "voice", "mine", "other"},
		"members.state":   {"active", "new", "suspended", "retired", "expired", "locked", "other"},
		"access.policy":   {"public", "collective", "group", "other"},
		"settings.matter": {"accepting", "suspending", "appointing", "other"},
		"log": {
			"left", "command", "system", "other",
			"applied", "address-proved", "case-opened", "case-agreed", "case-asked", "case-answered", "case-accepted",
			"case-refused", "case-passed", "case-withdrawn", "case-lapsed", "invitation-made", "invitation-used",
			"invitation-removed", "member-added", "member-removed", "member-left", "manager-added", "manager-removed",
			"person-suspended", "person-restored", "access-granted", "access-revoked", "admin-added", "admin-removed",
			"reset-sent", "password-set", "collective-added", "collective-changed", "service-added", "service-changed",
			"service-removed", "person-added", "person-changed", "person-removed", "person-erased", "erase-asked",
			"erase-cancelled",
		},
		"join": {
			"withdrawn", "proved", "sent", "replied", "code-wrong", "confirm", "noted", "reply-empty", "reply-long", "reply-malformed",
			"slow", "closed", "old", "fast", "return-wrong",
			"handle-empty", "handle-malformed", "handle-taken", "handle-long", "mail-empty", "mail-malformed", "mail-long",
			"mail-taken", "mail-wrong",
			"name-malformed", "name-long", "words-malformed", "words-long", "answer-empty", "answer-wrong", "fault-other",
		},
		"join.state": {
			"proving", "waiting", "paper", "asked", "accepted", "in-use", "other",
			"proving.text", "waiting.text", "paper.text", "asked.text", "accepted.text", "in-use.text", "other.text",
		},
		"join.over": {
			"prove", "application", "password", "invitation", "other",
			"prove.what", "application.what", "password.what", "invitation.what", "other.what",
		},
		"invited": {"done", "closed", "other"},
	}
}

// errorCodes are the codes of the page [Error]. A code that is not among them is
// shown with the words of "other".
func errorCodes() []string {
	return []string{
		"not-found", "method", "forbidden", "bad-request", "too-large", "too-many",
		"unavailable", "busy", "no-mail", "internal", "expired", "redirect-unproven",
		"client-unknown", "account-stopped", "access-denied", "insecure", "cancelled",
		"cross-site", "wrong-host", "consent-stale", "anonymous-refused", "address-needed", "signature-wrong",
		"message-unproven", "message-stale", "other",
	}
}
