; The installer of munpae.exe, made by build.sh with makensis: for this person alone,
; without an administrator. It leaves the profile where it is when it is removed.
Target amd64-unicode ; the program is, and a 32-bit one sees another registry
SetCompressor /SOLID lzma
!include MUI2.nsh
!include LogicLib.nsh

Name "Munpae"
OutFile "${OUT}"
RequestExecutionLevel user
ManifestDPIAware true
InstallDir "$LOCALAPPDATA\Programs\Munpae"
InstallDirRegKey HKCU "Software\Munpae" "InstallDir"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Munpae"
VIAddVersionKey "FileDescription" "Munpae"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache-2.0"
VIAddVersionKey "CompanyName" "Munpae"
!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Munpae"

!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\munpae.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Korean"
!insertmacro MUI_LANGUAGE "English"

LangString NoWebView2 ${LANG_KOREAN} "Microsoft Edge WebView2 런타임이 없습니다. 문패를 시작하기 전에 https://go.microsoft.com/fwlink/p/?LinkId=2124703 에서 설치하세요."
LangString NoWebView2 ${LANG_ENGLISH} "The Microsoft Edge WebView2 runtime is missing. Install it from https://go.microsoft.com/fwlink/p/?LinkId=2124703 before you start Munpae."
LangString Kept ${LANG_KOREAN} "계정이 든 폴더는 지우지 않았습니다: $LOCALAPPDATA\munpae"
LangString Kept ${LANG_ENGLISH} "The folder with your accounts was left where it is: $LOCALAPPDATA\munpae"

LangString Running ${LANG_KOREAN} "문패가 열려 있습니다. 문패를 닫고 다시 시도하세요."
LangString Running ${LANG_ENGLISH} "Munpae is open. Close it, then try again."

; A program that runs can't be replaced or removed: the person is asked to close it, and a
; silent run ends with 2 before it has changed anything.
!macro UntilClosed un
Function ${un}UntilClosed
	${DoWhile} ${FileExists} "$INSTDIR\munpae.exe"
		ClearErrors
		FileOpen $0 "$INSTDIR\munpae.exe" a
		${IfNot} ${Errors}
			FileClose $0
			${Break}
		${EndIf}
		${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(Running)" /SD IDCANCEL IDCANCEL`
			SetErrorLevel 2
			Quit
		${EndIf}
	${Loop}
FunctionEnd
!macroend
!insertmacro UntilClosed ""
!insertmacro UntilClosed "un."

Section "Munpae" Main
	Call UntilClosed
	SetOutPath "$INSTDIR"
	File /oname=munpae.exe "${PROGRAM}"
	WriteUninstaller "$INSTDIR\uninstall.exe"
	CreateShortCut "$SMPROGRAMS\Munpae.lnk" "$INSTDIR\munpae.exe"
	WriteRegStr HKCU "Software\Munpae" "InstallDir" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Munpae"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Munpae"
	WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\munpae.exe"
	WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	SectionGetSize ${Main} $0
	WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0 ; in KiB
	WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
	; Where the runtime says that it is there (Microsoft's documentation of its distribution).
	ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
	ReadRegStr $1 HKCU "Software\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
	; 0.0.0.0 says as little as nothing.
	${If} $0 == ""
	${OrIf} $0 == "0.0.0.0"
		${If} $1 == ""
		${OrIf} $1 == "0.0.0.0"
			MessageBox MB_OK|MB_ICONINFORMATION "$(NoWebView2)" /SD IDOK
		${EndIf}
	${EndIf}
SectionEnd

Section Uninstall
	Call un.UntilClosed
	Delete "$SMPROGRAMS\Munpae.lnk"
	Delete "$INSTDIR\munpae.exe"
	Delete "$INSTDIR\uninstall.exe"
	RMDir "$INSTDIR"
	DeleteRegKey HKCU "${UNINSTALL}"
	DeleteRegKey HKCU "Software\Munpae"
	MessageBox MB_OK|MB_ICONINFORMATION "$(Kept)" /SD IDOK
SectionEnd
