package app

// SettingForm is how the value of a provider's setting is written.
type SettingForm string

// The forms. Credentials and issuers show that somebody wants the provider; the others
// only say more about it.
const (
	FormCredential SettingForm = "credential" // a client ID or secret: printable ASCII without spaces (RFC 6749, appendix A)
	FormIssuer     SettingForm = "issuer"     // an address that is compared letter by letter, and so stays as it is written
	FormAddress    SettingForm = "address"    // https, or http on loopback; in small letters and with no slash at its end
	FormName       SettingForm = "name"       // a text to show, at most 40 characters
	FormPorts      SettingForm = "ports"      // five different ones: "48111-48115" or separated by commas
	FormYes        SettingForm = "yes"        // "yes" or "no"
)

// ProviderSetting is one setting of a kind of provider.
type ProviderSetting struct {
	// Name comes after MUNPAE_ and the provider's ID in capitals: "CLIENT_ID".
	Name string
	Form SettingForm
	// Required settings have to be there before the provider is offered.
	Required bool
}

// ProviderKind is what the settings have to know of a kind of provider.
type ProviderKind struct {
	// ID is that of the first provider of the kind: "oidc". Its settings begin with
	// MUNPAE_OIDC_.
	ID string
	// Several reports whether there may be more, each with settings of its own: oidc2
	// has those that begin with MUNPAE_OIDC2_.
	Several  bool
	Settings []ProviderSetting
}

// ProviderSet is one provider as it was set.
type ProviderSet struct {
	Kind string // ProviderKind.ID
	ID   string // Provider.ID
	// Values are the settings by ProviderSetting.Name, in their normal form; what is not
	// set is not there.
	Values map[string]string
	// Issuer stands for the provider's own in the keys of identities where its address
	// changes with every start, as the demo's does; else empty.
	Issuer string
}
