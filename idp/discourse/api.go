// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What a forum's API answers beside success.
var (
	errNobody  = errors.New("discourse: nobody at the forum goes by that")
	errRefused = errors.New("discourse: the forum does not believe it") // also: signed with a secret that it has no more
)

// api is a forum's own, as one of its admins' keys opens it.
type api struct {
	client    *http.Client
	base      string
	key, user string
}

// api returns the forum's API, and false where nobody gave us a key for one of
// the addresses that the forum has now.
func (p *Provider) api(f forum) (api, bool) {
	if f.secrets.APIKey == "" || !slices.Contains(f.Bases(), f.secrets.APIBase) {
		return api{}, false
	}
	direct := *p.c.Outbound
	// The key must not go along to wherever a forum redirects.
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return api{&direct, f.secrets.APIBase, f.secrets.APIKey, cmp.Or(f.Settings.APIUser, "system")}, true
}

// logOut ends all sessions that a person has at the forum. Who was never there
// has none.
func (a api) logOut(ctx context.Context, subject string) error {
	id, err := a.userID(ctx, subject)
	if err == nil {
		err = a.post(ctx, "/admin/users/"+strconv.FormatInt(id, 10)+"/log_out", nil)
	}
	if errors.Is(err, errNobody) {
		return nil
	}
	return err
}

// userID is the forum's own number of a person.
func (a api) userID(ctx context.Context, subject string) (int64, error) {
	body, err := a.do(ctx, http.MethodGet, "/u/by-external/"+url.PathEscape(subject)+".json", nil)
	if err != nil {
		return 0, err
	}
	var found struct {
		User struct {
			ID int64 `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(body, &found); err != nil || found.User.ID == 0 {
		return 0, errors.New("discourse: the forum's answer about a user is unreadable")
	}
	return found.User.ID, nil
}

// sync tells the forum what is so now, as an answer would. It makes an account
// where there is none. While two secrets overlap nobody knows which the forum
// has: each is tried.
func (a api) sync(ctx context.Context, said url.Values, secrets []string) error {
	err := errRefused
	for _, secret := range secrets {
		if err = a.post(ctx, "/admin/users/sync_sso", encode(said, secret)); !errors.Is(err, errRefused) {
			return err
		}
	}
	return err
}

func (a api) post(ctx context.Context, path string, form url.Values) error {
	_, err := a.do(ctx, http.MethodPost, path, form)
	return err
}

// do makes one call. What it returns holds no address: names of people at the
// forum stand in them.
func (a api) do(ctx context.Context, method, path string, form url.Values) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("discourse: the forum's address cannot be gone to")
	}
	r.Header.Set("Api-Key", a.key)
	r.Header.Set("Api-Username", a.user)
	r.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := a.client.Do(r)
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err
	}
	if err != nil {
		return nil, fmt.Errorf("discourse: the forum's API: %w", err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK, http.StatusNoContent:
		return io.ReadAll(answer.Body)
	case http.StatusNotFound:
		return nil, errNobody
	case http.StatusUnprocessableEntity:
		return nil, errRefused
	}
	return nil, fmt.Errorf("discourse: the forum's API answered %d", answer.StatusCode)
}
