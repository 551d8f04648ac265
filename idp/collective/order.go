// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

const placeMax = 999

// placeField is the field of a service's place among those that members see.
func placeField(name directory.ServiceName) string { return "place." + string(name) }

// placeable are the services that members of a collective may see, by title.
func (a *Room) placeable(ctx context.Context, name directory.CollectiveName) ([]directory.Service, error) {
	all, err := a.Directory.Services(ctx)
	if err != nil {
		return nil, err
	}
	seen := slices.DeleteFunc(slices.Clone(all), func(s directory.Service) bool {
		ours := s.Collective == name || slices.Contains(s.Guests, name) || s.Access == directory.AccessPublic
		return s.State != directory.Active || !ours
	})
	slices.SortFunc(seen, func(x, y directory.Service) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)), strings.Compare(string(x.Name), string(y.Name)))
	})
	return seen, nil
}

// typedOrder writes the order into the fields: 10, 20, 30, so that something can
// be put between.
func typedOrder(order []directory.ServiceName, typed map[string]string) {
	for i, name := range order {
		typed[placeField(name)] = strconv.Itoa((i + 1) * placeStep)
	}
}

const placeStep = 10

// places are the fields of the form, in the order that they say.
func (f *form) places() []themes.PlaceView {
	var out []themes.PlaceView
	for _, s := range f.services {
		field := placeField(s.Name)
		out = append(out, themes.PlaceView{Name: field, Title: s.Title, Value: f.typed[field]})
	}
	slices.SortStableFunc(out, func(x, y themes.PlaceView) int { return cmp.Compare(placeOf(x.Value), placeOf(y.Value)) })
	return out
}

// placeOf is after all others for a service without one.
func placeOf(typed string) int {
	n, err := strconv.Atoi(tidy(typed))
	if err != nil {
		return placeMax + 1
	}
	return n
}

// order reads the places. Services without one have no place, and those that no
// field shows keep theirs behind the others.
func (a *Room) order(f *form, before []directory.ServiceName) []directory.ServiceName {
	at := map[directory.ServiceName]int{}
	shown := map[directory.ServiceName]bool{}
	for _, s := range f.services {
		shown[s.Name] = true
		typed := tidy(f.typed[placeField(s.Name)])
		if typed == "" {
			continue
		}
		n, err := strconv.Atoi(typed)
		if err != nil || n < 1 || n > placeMax {
			f.blame(a, placeField(s.Name), "settings.order", "number")
			continue
		}
		at[s.Name] = n
	}
	var order []directory.ServiceName
	for _, s := range f.services {
		if at[s.Name] > 0 {
			order = append(order, s.Name)
		}
	}
	slices.SortStableFunc(order, func(x, y directory.ServiceName) int { return cmp.Compare(at[x], at[y]) })
	for _, name := range before {
		if !shown[name] {
			order = append(order, name)
		}
	}
	return order
}
