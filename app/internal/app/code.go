package app

// Code is the stable name of an outcome. It leaves the process (window, HTTP,
// log, tests), so a code once published is never renamed. The sentences that
// belong to it stand in package words, a file for each language, and what its button
// does in actions.json there; a test holds the lists together.
type Code string

// While signing in at a provider (docs/providers.md#what-can-go-wrong).
const (
	CodeProviderDenied         Code = "provider_denied"          // the person said no; params provider
	CodeProviderMisconfigured  Code = "provider_misconfigured"   // redirect URI, client ID or secret refused; params provider
	CodeProviderUnavailable    Code = "provider_unavailable"     // application suspended or not approved; params provider
	CodeProviderError          Code = "provider_error"           // server_error, temporarily_unavailable, refused or broken connection; params provider
	CodeProviderServerError    Code = "provider_server_error"    // HTTP 5xx; params provider
	CodeProviderBadAnswer      Code = "provider_bad_answer"      // an answer that no rule of ours accepts; params provider
	CodeProviderUnconfirmed    Code = "provider_unconfirmed"     // no id, resultcode other than 00; params provider
	CodeSignInExpired          Code = "signin_expired"           // ten minutes are over
	CodeAccountNotAllowed      Code = "account_not_allowed"      // the same at Naver, whose page may have refused the account; params provider
	CodeSignInReplaced         Code = "signin_replaced"          // a newer attempt took its place; on the page in the browser only
	CodeStateMismatch          Code = "state_mismatch"           // wrong or missing state; on the page in the browser only, the app still waits
	CodeBrowserMismatch        Code = "browser_mismatch"         // the cookie of the first hop is missing; on the page in the browser only
	CodeCookiesBlocked         Code = "cookies_blocked"          // the right state and no cookie at all; on the page in the browser only
	CodeBadCallback            Code = "bad_callback"             // a malformed authorization response; the app still waits
	CodeSignInDone             Code = "signin_done"              // a callback that was already used
	CodeCodeExpired            Code = "code_expired"             // the authorization code is too old, wrong, or the verifier is
	CodeCodeUsed               Code = "code_used"                // the authorization code was used before, where a provider tells that from an old one
	CodePrimaryEmailUnverified Code = "primary_email_unverified" // GitHub: unverified_user_email
	CodeRateLimited            Code = "rate_limited"             // params minutes, provider
	CodeRateLimitedUntil       Code = "rate_limited_until"       // at the profile; params time (RFC 3339), provider
	CodeTokenRevoked           Code = "token_revoked"            // the grant was withdrawn meanwhile; params provider
	CodePermissionMissing      Code = "permission_missing"       // params provider
	CodeDeviceCodeExpired      Code = "device_code_expired"
	CodeDeviceDenied           Code = "device_denied"    // params provider
	CodeDeviceDisabled         Code = "device_disabled"  // device flow not enabled for the application; params provider
	CodeIDTokenInvalid         Code = "id_token_invalid" // OpenID Connect Core 3.1.3.7; params provider
	CodeIssuerMismatch         Code = "issuer_mismatch"  // RFC 9207; params provider
	CodeIssuerUnknown          Code = "issuer_unknown"   // discovery found nothing there, or another's; params provider, address, expected, status, found
	CodeEmailMissing           Code = "email_missing"    // notice: no verified address
	CodeEmailRefused           Code = "email_refused"    // notice: the person did not share it
	CodeBrowserUnavailable     Code = "browser_unavailable"
	CodePortInUse              Code = "port_in_use"   // params ports
	CodePortsRefused           Code = "ports_refused" // browsers go to none of them; params ports
	CodeOffline                Code = "offline"       // no route
	CodeDNSFailed              Code = "dns_failed"
	CodeTimeout                Code = "timeout" // params provider
	CodeCaptivePortal          Code = "captive_portal"
	CodeProxyPassword          Code = "proxy_password" // a proxy answered 407
	CodeTLSUntrusted           Code = "tls_untrusted"
	CodeClockWrong             Code = "clock_wrong"
)

// On the session.
const (
	CodeSessionNone          Code = "session_none"
	CodeSessionAccessExpired Code = "session_access_expired"
	CodeSessionExpired       Code = "session_expired"
	CodeSessionRevoked       Code = "session_revoked"
	CodeSessionReused        Code = "session_reused"
	CodeSignedOut            Code = "signed_out" // notice
	CodeClockMovedBack       Code = "clock_moved_back"
	CodeAccountDeleted       Code = "account_deleted" // notice
	CodeAccountMerged        Code = "account_merged"  // notice
)

// On several accounts of one computer.
const (
	CodeAccountsFull   Code = "accounts_full"   // MaxAccounts are signed in; params count
	CodeAccountEnded   Code = "account_ended"   // another account's session was ended elsewhere; params nickname
	CodeAccountExpired Code = "account_expired" // likewise is too old; params nickname
	CodeAccountReused  Code = "account_reused"  // likewise was ended because an old token came back; params nickname
	CodeAccountLost    Code = "account_lost"    // the jar has no token of that account in its place; params nickname
)

// On the nickname (docs/contract.md#nickname-words).
const (
	CodeAvailable                Code = "available"
	CodeNicknameTaken            Code = "nickname_taken"
	CodeNicknameJustTaken        Code = "nickname_just_taken" // free at the check, taken at the act
	CodeNicknameLooksLike        Code = "nickname_looks_like"
	CodeNicknameReserved         Code = "nickname_reserved"
	CodeNicknameRefused          Code = "nickname_refused" // params reason: the program's own sentence
	CodeNicknameEmpty            Code = "nickname_empty"
	CodeNicknameTooShort         Code = "nickname_too_short"
	CodeNicknameTooLong          Code = "nickname_too_long"
	CodeNicknameBadCharacter     Code = "nickname_bad_character" // params character
	CodeNicknameBadSeparator     Code = "nickname_bad_separator"
	CodeNicknameTooManyMarks     Code = "nickname_too_many_marks"
	CodeNicknameMixedScripts     Code = "nickname_mixed_scripts"
	CodeNicknameIncompleteHangul Code = "nickname_incomplete_hangul"
	CodeNicknameHeld             Code = "nickname_held"   // another attempt holds it for up to a minute
	CodeRenameTooSoon            Code = "rename_too_soon" // params date (RFC 3339)
	CodeSignUpExpired            Code = "signup_expired"  // the pending sign-up is older than 24 hours
)

// On linked providers.
const (
	CodeIdentityLinkedElsewhere Code = "identity_linked_elsewhere" // params provider
	CodeIdentityLinkedAlready   Code = "identity_linked_already"   // to whoever wants to link it; params provider
	CodeIdentityLast            Code = "identity_last"
	CodeConfirmationNeeded      Code = "confirmation_needed" // the session was not confirmed within five minutes
	CodeConfirmationStale       Code = "confirmation_stale"  // the provider did not ask the person anew; params provider
	CodeIdentityAmbiguous       Code = "identity_ambiguous"  // a provider's name, where the person has two accounts there; params provider
)

// On accounts that were brought together.
const (
	CodeMergeChanged Code = "merge_changed"   // one of the two is not what the person was asked about any more
	CodeMergeRefused Code = "merge_refused"   // params reason: the program's own sentence
	CodeMergeLapsed  Code = "merge_lapsed"    // it can be undone no more
	CodeMergeOrder   Code = "merge_order"     // a later one has to be undone first
	CodeMergeNoWayIn Code = "merge_no_way_in" // undone, nothing would be left to sign in with on one side
)

// On recovery codes (docs/security.md#recovery-codes).
const (
	CodeRecoveryMistyped    Code = "recovery_mistyped"    // can't be a code: cut short, a letter too many, a slip
	CodeRecoveryWrong       Code = "recovery_wrong"       // opens nothing here, or was replaced by newer ones
	CodeRecoveryForeign     Code = "recovery_foreign"     // of another profile
	CodeRecoveryUsed        Code = "recovery_used"        // said to who has the code alone; params date (RFC 3339)
	CodeRecoveryVoid        Code = "recovery_void"        // likewise: retired when a backup was restored
	CodeRecoveryNone        Code = "recovery_none"        // nobody has codes in this profile
	CodeRecoveryUnsupported Code = "recovery_unsupported" // the directory has none
)

// On the directory.
const (
	CodeDirectoryUnavailable Code = "directory_unavailable" // it, or its database, can't be reached
	CodeDirectoryBadAnswer   Code = "directory_bad_answer"  // what answers there is no directory
	CodeDirectoryVersion     Code = "directory_version"     // it does not know what is asked: it is of another version
	CodeDirectoryChanged     Code = "directory_changed"     // notice: the profile belonged to another directory, or to none
)

// On this computer.
const (
	CodeSettingsInvalid   Code = "settings_invalid" // params name, reason, place, file, line
	CodeProfileUnwritable Code = "profile_unwritable"
	CodeProfileForeign    Code = "profile_foreign"    // params owner
	CodeProfileUnlockable Code = "profile_unlockable" // its file system locks no files
	CodeNoHome            Code = "no_home"
	CodeRunningElsewhere  Code = "running_elsewhere" // on another display; params place
	CodeRunningFar        Code = "running_far"       // on another computer; params computer
	CodeNotAnswering      Code = "not_answering"     // another process holds the profile, and hangs
	CodeKeystoreLocked    Code = "keystore_locked"
	CodeKeystoreLost      Code = "keystore_lost"  // the key is gone or not the one that signed
	CodeKeystoreMoved     Code = "keystore_moved" // notice: the keyring lost the key twice, and it is in the file now
	CodeDatabaseDamaged   Code = "database_damaged"
	CodeDatabaseMissing   Code = "database_missing" // install.json says that there was one
	CodeDatabaseNewer     Code = "database_newer"
	CodeDatabaseBusy      Code = "database_busy"
	CodeDiskFull          Code = "disk_full"
	CodeSaveRefused       Code = "save_refused" // nothing can be written where the person wants a file
	CodeJarDamaged        Code = "jar_damaged"  // notice: healed, sign in again
	CodeJarReadOnly       Code = "jar_read_only"
	CodeNoDisplay         Code = "no_display"
	CodeWebViewMissing    Code = "webview_missing" // Windows without WebView2; params address
	CodePageIncomplete    Code = "page_incomplete" // said by the page: a part of it did not come
	CodeInternal          Code = "internal"
)

// On what a start without settings needs.
const (
	CodeClientIDMistyped     Code = "client_id_mistyped"     // typed in the window: empty, blanks, quotes, an example
	CodeClientSecretMistyped Code = "client_secret_mistyped" // likewise
	CodeKeysRefused          Code = "keys_refused"           // the provider knows no such pair; params provider
	CodeKeysSwapped          Code = "keys_swapped"           // it knows them the other way round; params provider
	CodeFontMissing          Code = "font_missing"           // notice: nothing here draws Hangul
)

// On the HTTP routes of the origin.
const (
	CodeForbidden       Code = "forbidden"
	CodeNotFound        Code = "not_found"
	CodeMethod          Code = "method_not_allowed"
	CodeMediaType       Code = "unsupported_media_type"
	CodeBodyTooLarge    Code = "body_too_large"
	CodeBadRequest      Code = "bad_request"
	CodeAmbiguousCookie Code = "ambiguous_cookie"
	CodeConflict        Code = "conflict" // the act does not fit the state
)

// Language is the tag (RFC 5646) of a language that the window and the pages speak.
type Language string

// The languages that tests and defaults name; package words knows which there are.
const (
	Korean  Language = "ko"
	English Language = "en"
)
