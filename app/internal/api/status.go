package api

import (
	"net/http"

	"munpae.example/munpae/app/internal/app"
)

// Status is the HTTP status that a code answers with.
func Status(c app.Code) int {
	switch c {
	case app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeSessionReused,
		app.CodeClockMovedBack, app.CodeKeystoreLost, app.CodeAccountDeleted, app.CodeAccountMerged:
		return http.StatusUnauthorized
	case app.CodeForbidden, app.CodeConfirmationNeeded, app.CodeConfirmationStale, app.CodeProviderDenied, app.CodeDeviceDenied:
		return http.StatusForbidden
	case app.CodeNotFound, app.CodeRecoveryWrong, app.CodeRecoveryForeign, app.CodeRecoveryNone, app.CodeRecoveryUnsupported:
		return http.StatusNotFound
	case app.CodeMethod:
		return http.StatusMethodNotAllowed
	case app.CodeConflict, app.CodeNicknameTaken, app.CodeNicknameJustTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld,
		app.CodeRenameTooSoon, app.CodeIdentityLinkedElsewhere, app.CodeIdentityLinkedAlready, app.CodeIdentityLast, app.CodeIdentityAmbiguous,
		app.CodeMergeChanged, app.CodeMergeRefused, app.CodeMergeOrder, app.CodeMergeNoWayIn,
		app.CodeAccountsFull, app.CodeAccountEnded, app.CodeAccountExpired, app.CodeAccountReused, app.CodeAccountLost:
		return http.StatusConflict
	case app.CodeSignUpExpired, app.CodeSignInExpired, app.CodeDeviceCodeExpired, app.CodeMergeLapsed, app.CodeRecoveryUsed, app.CodeRecoveryVoid:
		return http.StatusGone
	case app.CodeBodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case app.CodeMediaType:
		return http.StatusUnsupportedMediaType
	case app.CodeRateLimited, app.CodeRateLimitedUntil:
		return http.StatusTooManyRequests
	case app.CodeBadRequest, app.CodeAmbiguousCookie, app.CodeClientIDMistyped, app.CodeClientSecretMistyped, app.CodeKeysRefused, app.CodeKeysSwapped, app.CodeRecoveryMistyped, app.CodeNicknameReserved, app.CodeNicknameRefused, app.CodeNicknameEmpty, app.CodeNicknameTooShort,
		app.CodeNicknameTooLong, app.CodeNicknameBadCharacter, app.CodeNicknameBadSeparator, app.CodeNicknameTooManyMarks,
		app.CodeNicknameMixedScripts, app.CodeNicknameIncompleteHangul, app.CodeCodeExpired, app.CodeCodeUsed, app.CodeBadCallback,
		app.CodeIssuerMismatch, app.CodeIDTokenInvalid, app.CodePrimaryEmailUnverified:
		return http.StatusBadRequest
	case app.CodeProviderError, app.CodeProviderServerError, app.CodeProviderBadAnswer, app.CodeProviderUnconfirmed, app.CodeProviderMisconfigured,
		app.CodeProviderUnavailable, app.CodeTokenRevoked, app.CodePermissionMissing, app.CodeDeviceDisabled:
		return http.StatusBadGateway
	case app.CodeTimeout:
		return http.StatusGatewayTimeout
	case app.CodeDiskFull:
		return http.StatusInsufficientStorage
	case app.CodeDatabaseBusy, app.CodeKeystoreLocked, app.CodePortInUse, app.CodePortsRefused, app.CodeBrowserUnavailable, app.CodeOffline, app.CodeDirectoryUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
