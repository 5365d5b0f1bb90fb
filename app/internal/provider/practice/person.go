package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// Person is somebody invented who has an account at every provider.
type Person struct {
	// ID makes the subjects at all three providers, so it never changes; empty means
	// Login. It is ASCII.
	ID string
	// Name is the full name and the text of the button in the account chooser.
	Name string
	// Login is required and ASCII: the handle at GitHub and preferred_username at the OpenID provider.
	Login string
	// Nickname is what Naver and the OpenID provider call nickname; empty if there is none.
	Nickname string
	// Email is the primary address; empty if there is none.
	Email string
	// EmailUnverified makes Email primary and unverified at GitHub, and
	// email_verified false at the OpenID provider.
	EmailUnverified bool
	// EmailRefused keeps Email back at Naver until the consent page is asked for
	// again with auth_type=reprompt.
	EmailRefused bool
	// PublicEmail is the address in GitHub's /user, which proves nothing; empty means null.
	PublicEmail string
}

// People are the people of the demo, in the order of the chooser.
func People() []Person {
	return []Person{
		{ID: "seulgi", Name: "윤슬기", Login: "seulgi-yoon", Nickname: "윤슬", Email: "seulgi@example.com"},
		{ID: "bada", Name: "한바다", Login: "bada-han", Email: "bada@example.com", EmailRefused: true, PublicEmail: "not-mine@example.net"},
		{ID: "haram", Name: "도하람", Login: "haram", Nickname: "하람이네"},
		{ID: "ideun", Name: "서이든", Login: "ideun-seo", Nickname: "이든", Email: "ideun@example.com", EmailUnverified: true},
		{ID: "nora", Name: "Nora Whitfield", Login: "norawhitfield", Nickname: "Nora", Email: "nora@example.com"},
	}
}

func (p Person) id() string {
	if p.ID == "" {
		return p.Login
	}
	return p.ID
}

func (p Person) digest(provider string) [32]byte {
	return sha256.Sum256([]byte(provider + "\x00" + p.id()))
}

// GitHubID is the id of /user: a positive integer.
func (p Person) GitHubID() int64 {
	d := p.digest("github")
	return int64(binary.BigEndian.Uint32(d[:4])>>1) + 1
}

// NaverID is response.id of /v1/nid/me: 43 characters like base64.
func (p Person) NaverID() string {
	d := p.digest("naver")
	return base64.RawURLEncoding.EncodeToString(d[:])
}

// Subject is the sub of the OpenID provider.
func (p Person) Subject() string {
	d := p.digest("oidc")
	return hex.EncodeToString(d[:12])
}

// FindPerson finds who word names: by ID, Login or Email.
func FindPerson(people []Person, word string) (Person, bool) {
	i := slices.IndexFunc(people, func(p Person) bool {
		return word != "" && (p.id() == word || p.Login == word || p.Email == word)
	})
	if i < 0 {
		return Person{}, false
	}
	return people[i], true
}
