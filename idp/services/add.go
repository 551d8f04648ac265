// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// addition is a service that is being added.
type addition struct {
	visit
	collective directory.Collective
	others     []directory.Collective // that could be its guests
	preset     preset.Preset
	typed      web.Form
	file       []byte // metadata that was uploaded
	faults     []themes.Fault
	wrong      string
}

// choose shows what can be added, or the form of what was chosen.
func (a *Room) choose(w http.ResponseWriter, v visit) error {
	name := v.URL.Query().Get("preset")
	if name == "" {
		return a.drawKinds(w, v)
	}
	p, known := a.Presets.Find(name)
	if !known {
		return notThere(nil)
	}
	n, err := a.begin(v, p)
	if err != nil {
		return err
	}
	return a.drawAddition(w, n)
}

func (a *Room) drawKinds(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	page := themes.AddService{Manage: a.manage(v, c), Action: path(v.name, "add-service")}
	for _, p := range a.Presets.All() {
		page.Kinds = append(page.Kinds, kindView(v, p))
	}
	slices.SortStableFunc(page.Kinds, func(x, y themes.KindView) int {
		return strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title))
	})
	return a.show(w, v, http.StatusOK, page)
}

func kindView(v visit, p preset.Preset) themes.KindView {
	at := v.at(path(v.name, "add-service"))
	before, after, _ := strings.Cut(at, "?")
	query, _ := url.ParseQuery(after) // our own
	query.Set("preset", p.Name)
	return themes.KindView{
		Name: p.Name, Title: p.Title, About: p.About.In(v.lang), Protocol: called(p.Protocol()), Path: before + "?" + query.Encode(),
	}
}

// begin reads what the form shows: the collectives that may be guests.
func (a *Room) begin(v visit, p preset.Preset) (*addition, error) {
	c, err := a.chairs(v.Context(), v)
	if err != nil {
		return nil, err
	}
	others, err := a.others(v.Context(), v.name)
	return &addition{visit: v, collective: c, others: others, preset: p, typed: web.Form{"access": string(directory.AccessCollective)}}, err
}

func (a *Room) others(ctx context.Context, but directory.CollectiveName) ([]directory.Collective, error) {
	var out []directory.Collective
	for c, err := range a.Source.ListCollectives(ctx) {
		if err != nil {
			return nil, err
		}
		if c.Name != but && c.State == directory.Active {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(x, y directory.Collective) int {
		return strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title))
	})
	return out, nil
}

func (a *Room) drawAddition(w http.ResponseWriter, n *addition) error {
	page := themes.AddService{
		Manage: a.manage(n.visit, n.collective), Action: path(n.name, "add-service"), Kind: kindView(n.visit, n.preset),
		Name: n.typed["name"], Called: n.typed["called"], URL: n.typed["url"], NoAddress: n.preset.NoAddress,
		Access: accesses(n.typed["access"]), Guests: guests(n.others, n.typed),
		AsksAddresses: asksAddresses(n.preset), Addresses: n.typed["addresses"], SAML: n.preset.SAML != nil, Known: n.preset.TakesNoMetadata(),
		MetadataURL: n.typed["metadata-url"], Metadata: n.typed["metadata"],
	}
	page.Error, page.Faults = n.wrong, n.faults
	for _, p := range n.preset.Params {
		page.Params = append(page.Params, themes.ParamView{
			Name: "param." + p.Name, About: p.About.In(n.lang), Value: cmp.Or(n.typed["param."+p.Name], p.Default), Required: p.Default == "",
		})
	}
	d := desk{faults: n.faults, wrong: n.wrong}
	return a.show(w, n.visit, d.status(), page)
}

func accesses(chosen string) []themes.Choice {
	var out []themes.Choice
	for _, one := range []directory.AccessPolicy{directory.AccessCollective, directory.AccessGroup, directory.AccessPublic} {
		out = append(out, themes.Choice{Value: string(one), Chosen: string(one) == chosen})
	}
	return out
}

func guests(others []directory.Collective, typed web.Form) []themes.Choice {
	var out []themes.Choice
	for _, c := range others {
		out = append(out, themes.Choice{Value: string(c.Name), Name: c.Title, Chosen: typed["guest."+string(c.Name)] != ""})
	}
	return out
}

// additions is how many services one person may add: what is fetched from
// addresses that they name is little, and not nothing.
func additions() web.Limit {
	return web.Limit{Name: "add-service", Max: 60, Window: time.Hour, OpenWhenStoreIsDown: true}
}

// add registers the service, and shows its secret, once, in the guide.
func (a *Room) add(w http.ResponseWriter, v visit) error {
	n, err := a.readAddition(v)
	if err != nil {
		return err
	}
	if err := a.Limiter.Take(v.Context(), additions(), string(v.person.ID)); err != nil {
		return err
	}
	s, secret, err := a.register(n)
	if err != nil {
		return err
	}
	if len(n.faults) > 0 {
		return a.drawAddition(w, n)
	}
	switch err := a.Directory.AddService(v.Context(), directory.System(), s); {
	case errors.Is(err, directory.ErrExists):
		n.faults = append(n.faults, a.fault(v, "name", "registration.name", "taken"))
		return a.drawAddition(w, n)
	case away(err):
		web.NoteError(v.Context(), err)
		n.wrong = "collective.error.unavailable"
		return a.drawAddition(w, n)
	case err != nil:
		return err
	}
	a.record(v.Context(), audit.ServiceAdded, v, s, "")
	return a.drawGuide(w, &desk{visit: v, collective: n.collective, service: s}, secret, n.params())
}

// readAddition reads the form, which comes with a file where metadata may.
func (a *Room) readAddition(v visit) (*addition, error) {
	others, err := a.others(v.Context(), v.name)
	if err != nil {
		return nil, err
	}
	names := []string{"token", "do", "preset", "called", "name", "url", "addresses", "access", "metadata-url", "metadata"}
	for _, c := range others {
		names = append(names, "guest."+string(c.Name))
	}
	for _, p := range a.Presets.All() {
		for _, param := range p.Params {
			names = append(names, "param."+param.Name)
		}
	}
	form, file, err := parse(v.Request, names)
	if err != nil {
		return nil, err
	}
	if err := web.CheckFormToken(a.FormKey, v.key, form["token"]); err != nil {
		return nil, err
	}
	p, known := a.Presets.Find(form["preset"])
	if !known || form["do"] != "add" {
		return nil, badRequest()
	}
	c, err := a.chairs(v.Context(), v)
	return &addition{visit: v, collective: c, others: others, preset: p, typed: form, file: file}, err
}

func parse(r *http.Request, names []string) (web.Form, []byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		return web.ParseUpload(r, "metadata-file", names...)
	}
	form, err := web.ParseForm(r, names...)
	return form, nil, err
}
