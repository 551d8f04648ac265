// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/themes"
)

// guide says what to enter at the other side. Clau keeps no secret of clients
// and proxies, so a placeholder stands where one belongs.
func (a *Room) guide(w http.ResponseWriter, v visit) error {
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	return a.drawGuide(w, d, "", nil)
}

func (a *Room) drawGuide(w http.ResponseWriter, d *desk, secret string, params map[string]string) error {
	s := d.service
	page := themes.ServiceGuide{
		Manage: a.manage(d.visit, d.collective), Name: s.Title, Secret: secret,
		Hidden: secret == "" && preset.Keeps(s), Keep: servicePath(s, "keep"),
	}
	p, known := a.presetOf(s)
	if !known {
		return a.show(w, d.visit, http.StatusOK, page)
	}
	g, err := p.Guide(s, preset.Values{
		Issuer: a.Issuer.String(), Secret: secret, Certificate: a.certificate(s), Params: params,
	}, d.lang)
	if err != nil {
		return err
	}
	page.Kind, page.About, page.Warnings, page.Logout = g.Title, g.About, g.Warnings, g.LogoutIs
	for _, step := range g.Steps {
		page.Steps = append(page.Steps, stepView(step))
	}
	return a.show(w, d.visit, http.StatusOK, page)
}

// presetOf is what a service was registered as, or what fits its protocol.
func (a *Room) presetOf(s directory.Service) (preset.Preset, bool) {
	if p, known := a.Presets.Find(s.Preset); known && p.Protocol() == s.Protocol() {
		return p, true
	}
	return a.Presets.ForProtocol(s.Protocol())
}

func (a *Room) certificate(s directory.Service) []byte {
	if s.SAML == nil || a.Certificate == nil {
		return nil
	}
	return a.Certificate(s.SAML.Settings.Key)
}

func stepView(step preset.Step) themes.GuideStep {
	view := themes.GuideStep{Title: step.Title, Path: step.Path, Text: step.Text}
	for _, f := range step.Fields {
		view.Fields = append(view.Fields, themes.GuideField{Name: f.Name, Value: f.Value, Secret: f.Secret})
	}
	for _, c := range step.Commands {
		view.Commands = append(view.Commands, themes.GuideCommand{Where: c.Where, Text: c.Text, Secret: c.Secret})
	}
	return view
}
