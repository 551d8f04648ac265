// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// registeredStories are of services that software registered, with a picture
// and words of their own.
func registeredStories() []story {
	page := firstConsent()
	page.Service.Logo = "/services/nuvol/logo?v=1"
	page.Service.Policy, page.Service.Terms = "https://nuvol.commons.example/privacitat", "https://nuvol.commons.example/condicions"
	one := moreConsent()
	one.Service.Terms, one.Service.Policy = "https://nuvol.commons.example/condicions", "javascript:alert(1)"
	return []story{
		{"consent-registered", Frame{Here: "/login/consent", Person: "Marta Puig i Ferrer", Branding: bressola()}, page},
		{"consent-registered-terms", Frame{Here: "/login/consent", Person: "Marta Puig i Ferrer", Branding: bressola()}, one},
	}
}
