// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"strconv"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/cmd/clau/demo"
)

// door is where something of the demonstration answers.
type door struct {
	listener net.Listener
	address  *url.URL
}

// doors are opened before anything else, so that every address is known when
// the configuration is written.
type doors struct {
	clau  door
	sites []door
	mail  door
}

const demoListen = "localhost:8080"

// neighbours is how many ports after Clau's are tried for the others.
const neighbours = 50

// Close closes the listeners. Those that were served are closed already.
func (d *doors) Close() {
	for _, one := range append([]door{d.clau, d.mail}, d.sites...) {
		if one.listener != nil {
			one.listener.Close()
		}
	}
}

func openDoors(ctx context.Context, address, dir string) (*doors, error) {
	if address == "" {
		address = usualAddress(dir)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, sayf(`%q is not an address to listen on, as "localhost:8080"`, address)
	}
	if !config.Loopback(host) {
		return nil, sayf("the demonstration is for this machine alone: everybody in it has the same password; listen on localhost instead of %q", host)
	}
	d := &doors{}
	d.clau, err = openDoor(ctx, host, port)
	if err != nil {
		return nil, sayf("%w; choose another address with --listen, as localhost:0 for any free port", err)
	}
	next, _ := strconv.Atoi(d.clau.address.Port())
	if port == "0" {
		next = 0
	}
	for range demo.Running() {
		var one door
		one, next = openNext(ctx, host, next)
		d.sites = append(d.sites, one)
	}
	d.mail, _ = openNext(ctx, host, next)
	if d.mail.listener == nil {
		d.Close()
		return nil, sayf("no free port was found after that of Clau; choose another address with --listen")
	}
	return d, nil
}

// usualAddress is where the demonstration was the last time, if it is kept.
func usualAddress(dir string) string {
	s, err := config.Load(demoConfig(dir))
	if err != nil {
		return demoListen
	}
	return s.Listen
}

func demoConfig(dir string) string { return filepath.Join(dir, "clau.toml") }

// openNext opens a door at the next free port after one, or at any after zero.
// Without one it has no listener.
func openNext(ctx context.Context, host string, after int) (door, int) {
	if after == 0 {
		d, _ := openDoor(ctx, host, "0")
		return d, 0
	}
	for port := after + 1; port <= after+neighbours; port++ {
		if d, err := openDoor(ctx, host, strconv.Itoa(port)); err == nil {
			return d, port
		}
	}
	return door{}, after
}

func openDoor(ctx context.Context, host, port string) (door, error) {
	l, err := listen(ctx, net.JoinHostPort(host, port))
	if err != nil {
		return door{}, err
	}
	_, chosen, _ := net.SplitHostPort(l.Addr().String())
	return door{l, &url.URL{Scheme: "http", Host: net.JoinHostPort(host, chosen)}}, nil
}
