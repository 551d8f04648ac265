// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import "slices"

// story is a page as somebody meets it.
type story struct {
	name  string
	frame Frame
	page  Page
}

func stories() []story {
	return slices.Concat(firstStories(), consentStories(), servicesStories(), policyStories(), collectiveStories(), joinStories(), privacyStories(), accountStories(), rightsStories(), farewellStories(), registeredStories(), registrationStories())
}

func firstStories() []story {
	cloud := &ServiceView{
		Title: "El Núvol", Description: "Fitxers, calendaris i documents en comú", Collective: "Cooperativa La Bressola",
		URL: "https://nuvol.bressola.example/", Host: "nuvol.bressola.example",
	}
	forum := ServiceView{
		Title: "Àgora", Description: "El fòrum de la federació", Collective: "CommonsCloud",
		URL: "https://agora.commons.example/", Host: "agora.commons.example",
	}
	tasks := ServiceView{Title: "Tasques", Collective: "CommonsCloud", Host: "tasques.commons.example"}
	token := []Field{{Name: "csrf", Value: "tok"}, {Name: "handle", Value: "abc"}}
	here := Frame{Here: "/login?return=%2F", Reference: "7F3K-Q2"}
	bressola := Frame{Here: "/login", Branding: Branding{Title: "La Bressola", Colour: "#ffd400", Logo: "/logo/bressola.svg"}}
	marta := Frame{Here: "/account", Person: "Marta Puig i Ferrer", Reference: "7F3K-Q2"}

	return []story{
		{"portal", marta, Portal{Services: []ServiceView{pictured(*cloud), ending(forum, "closes"), ending(tasks, "stays")}, Managed: []Named{{Name: "La Bressola", Path: "/collectives/bressola"}}, Issuer: "https://id.commons.example"}},
		{"portal-anonymous", Frame{Here: "/", Person: "Òliba"}, Portal{Services: []ServiceView{noted(*cloud), forum}}},
		{"portal-nobody", here, Portal{Services: []ServiceView{forum}, Issuer: "https://id.commons.example"}},
		{"portal-nothing", marta, Portal{Issuer: "https://id.commons.example"}},
		{"login", here, Login{Action: "/login", Fields: token}},
		{"login-service", bressola, Login{Action: "/login", Fields: token, Service: cloud, Name: "marta", Cancel: "/login/cancel?handle=abc"}},
		{"login-wrong", here, Login{Action: "/login", Fields: token, Service: cloud, Name: "marta", Error: "login.wrong"}},
		{"login-again", here, Login{Action: "/login", Service: cloud, Name: "marta", Fixed: true, Notice: "login.again", Cancel: "https://nuvol.bressola.example/back?error=access_denied"}},
		{"closed", Frame{Here: "/login/closed", Branding: Branding{Title: "La Bressola", Colour: "#ffd400"}}, Closed{
			Service: *cloud, Person: "Marta Puig", Reason: "members", Collective: "Cooperativa La Bressola",
			Contact: "hola@bressola.example", Back: "/login/cancel?signon=abc",
		}},
		{"closed-suspended", here, Closed{
			Person: "Marta Puig", Reason: "suspended", Words: "Fa mesos que ningú en sap res.", Until: "10 de desembre de 2026",
			Collective: "Cooperativa La Bressola", Contact: "hola@bressola.example",
		}},
		{"closed-alone", here, Closed{Service: forum, Reason: "stopped"}},
		{"choose-account", here, ChooseAccount{Action: "/login/account", Fields: token, Service: cloud, Accounts: []AccountView{{"Marta Puig", "marta", "a1"}, {"Tresoreria de La Bressola", "tresoreria", "a2"}}, Cancel: "/login/cancel"}},
		{"change-password", here, ChangePassword{Action: "/login/password", Fields: token, Service: cloud, Reason: "password.must-change", Name: "marta", MinLength: 12, Cancel: "/login/cancel"}},
		{"change-password-differ", here, ChangePassword{Action: "/login/password", Fields: token, Error: "password.differ", MinLength: 12}},
		{"confirm-logout", marta, ConfirmLogout{Action: "/logout", Fields: token, Service: cloud, Person: "Marta Puig"}},
		{"logged-out", here, LoggedOut{Services: []LogoutView{{"El Núvol", "done"}, {"Àgora", "retrying"}, {"Tasques", "unsupported"}}, Back: "https://nuvol.bressola.example/"}},
		{"logged-out-plain", here, LoggedOut{}},
		{"account", marta, Account{
			Name: "Marta Puig i Ferrer", Handle: "marta", Mail: "marta@bressola.example", Pending: "marta@puig.example", Language: "Català",
			Collectives: []CollectiveView{{Title: "La Bressola", Manager: true, Primary: true, Manage: "/collectives/bressola", Contact: "hola@bressola.example"}, {Title: "CommonsCloud"}},
			Fields:      token, LogoutAction: "/account/logout", Notice: "account.password-changed",
		}},
		{"account-anonymous", marta, Account{Name: "Òliba", Handle: "oliba", Anonymous: true, Error: "account.unavailable"}},
		{"error-unavailable", here, Error{Status: 503, Code: "unavailable", Back: "/login"}},
		{"error-redirect", here, Error{Status: 400, Code: "redirect-unproven", Detail: "El Núvol"}},
		{"error-consent-stale", here, Error{Status: 409, Code: "consent-stale", Back: "/login/consent"}},
		{"error-anonymous", here, Error{Status: 403, Code: "anonymous-refused", Detail: "El Núvol", Contact: "hola@bressola.example"}},
		{"error-unheard-of", here, Error{Status: 418, Code: "teapot"}},
		{"form-post", Frame{}, FormPost{Action: "https://nuvol.bressola.example/callback", Title: "Núvol", Fields: []Field{{Name: "code", Value: "c0de"}, {Name: "state", Value: `{"a":"<b>"}`}}}},
		{"privacy", here, Privacy{Issuer: "https://id.commons.example"}},
	}
}

func noted(s ServiceView) ServiceView {
	s.Note = "service.not-anonymous"
	return s
}

func pictured(s ServiceView) ServiceView {
	s.Logo = "/services/nuvol/logo?v=7"
	return ending(s, "token-dies")
}

// ending is a service with what a log-out does there.
func ending(s ServiceView, how string) ServiceView {
	s.Ends = how
	return s
}
