// Package e2e walks Munpae's roads as a person does: the built binary in a real
// window on a virtual display, found and pressed by accessible name through
// AT-SPI, typed into through X, with package providertest as GitHub and Naver and
// a real Chromium, or a plain HTTP client, as the person's browser.
//
// It builds only with the tag e2e and expects build/bin/munpae; build/test.sh
// installs what it needs and runs it.
package e2e
