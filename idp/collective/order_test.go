// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"slices"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// TestTheOrderOfServices: the smallest number first, those without one not at
// all, and those that no field shows keep their place behind.
func TestTheOrderOfServices(t *testing.T) {
	var shown []directory.Service
	for _, name := range []directory.ServiceName{"agora", "nuvol", "tasques", "viquis"} {
		shown = append(shown, directory.Service{Name: name, Title: string(name)})
	}
	f := &form{services: shown, typed: web.Form{"place.viquis": " 5 ", "place.nuvol": "30", "place.agora": "30", "place.tasques": ""}}
	order := (&Room{}).order(f, []directory.ServiceName{"tasques", "gone", "nuvol"})
	if want := []directory.ServiceName{"viquis", "agora", "nuvol", "gone"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}

	f.typed = web.Form{}
	typedOrder(order, f.typed)
	var drawn []string
	for _, p := range f.places() {
		drawn = append(drawn, p.Title+" "+p.Value)
	}
	if want := []string{"viquis 10", "agora 20", "nuvol 30", "tasques "}; !slices.Equal(drawn, want) {
		t.Errorf("drawn %q, want %q", drawn, want)
	}
	if again := (&Room{}).order(f, order); !slices.Equal(again, order) {
		t.Errorf("saved again it is %v", again)
	}
}
