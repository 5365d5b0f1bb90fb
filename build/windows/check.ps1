# Tries on a real Windows what nothing else can show. In PowerShell, with a built munpae.exe:
#   .\check.ps1 [-Program .\munpae.exe] [-Installer .\munpae-setup.exe]
# Nobody has run it yet.
# It starts the demo on a folder of its own, asks for a look at the window where only eyes
# can tell, and cleans up. It prints "ok" or "WRONG" a line and exits 1 if anything was wrong.
#
#   0  the installer: without an administrator, in the Start menu and in the list of programs; the
#      profile stays when it is removed (only if no copy of Munpae is installed)
#   1  the program starts, with WebView2 there, and ends by itself when its window is closed
#   2  the profile: its folder lets nobody else in; WebView2 keeps its things in it
#   3  a second start raises the first and exits 0
#   4  loopback: only 127.0.0.0/8 is listened on; another user is not let in (asks for credentials; skip with Enter)
#   5  a port that is held is not bound over, and one with a former owner's connection neither
#   6  the browser opens by the shell (a page is shown; asked)
#   7  the doctor finds nothing wrong
#   8  Credential Manager holds the key (asked for by name), and no file does
#   9  the next start is signed in: WebView2 kept the cookies, and across a kill, too
param(
	[string]$Program = (Join-Path $PSScriptRoot '..\bin\munpae.exe'),
	[string]$Installer = (Join-Path $PSScriptRoot '..\bin\munpae-setup.exe')
)
$ErrorActionPreference = 'Stop'
$wrong = 0
function Say([bool]$Good, [string]$What) {
	if ($Good) { Write-Host "ok     $What" } else { Write-Host "WRONG  $What"; $script:wrong++ }
}
function Ask([string]$Question) { (Read-Host "$Question [y/n]") -eq 'y' }
$Program = (Resolve-Path $Program).Path
$installed = Join-Path $env:LOCALAPPDATA 'Programs\Munpae'
$listed = 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\Munpae'
if ((Test-Path $Installer) -and -not (Test-Path $installed)) {
	Start-Process $Installer -ArgumentList '/S' -Wait
	Say (Test-Path (Join-Path $installed 'munpae.exe')) '0 installed, and Windows asked for no administrator'
	Say (Test-Path (Join-Path $env:APPDATA 'Microsoft\Windows\Start Menu\Programs\Munpae.lnk')) '0 it is in the Start menu'
	$said = (Get-Item (Join-Path $installed 'munpae.exe')).VersionInfo.ProductVersion
	Say ((Get-ItemProperty $listed).DisplayVersion -eq $said) '0 the list of programs has its version'
	$kept = Test-Path (Join-Path $env:LOCALAPPDATA 'munpae')
	Start-Process (Join-Path $installed 'uninstall.exe') -ArgumentList '/S', "_?=$installed" -Wait
	Say (-not (Test-Path (Join-Path $installed 'munpae.exe')) -and -not (Test-Path $listed)) '0 removed'
	Say ((Test-Path (Join-Path $env:LOCALAPPDATA 'munpae')) -eq $kept) '0 the profile stays'
	Remove-Item -Recurse -Force $installed -ErrorAction SilentlyContinue
} else { Write-Host 'skip   0 no installer, or Munpae is installed' }
$dir = Join-Path $env:LOCALAPPDATA ('munpae-check-' + [guid]::NewGuid().ToString('N'))
$env:MUNPAE_KEYSTORE = 'auto'
$first = Start-Process $Program -ArgumentList '--profile', $dir, '--demo' -PassThru
try {
	Start-Sleep -Seconds 8
	Say (-not $first.HasExited) '1 it runs'
	Say (Ask 'Is the sign-in of the demo on screen, in a window with its icon?') '1 the window'

	$profile = Join-Path $dir 'demo'
	$others = (Get-Acl $profile).Access | Where-Object { $_.AccessControlType -eq 'Allow' -and $_.IdentityReference -match 'Everyone|Users|Guests|Authenticated' }
	Say ($null -eq $others) '2 nobody else may open the profile'
	Say (Test-Path (Join-Path $profile 'webview')) '2 WebView2 keeps its things in the profile'

	$second = Start-Process $Program -ArgumentList '--profile', $dir, '--demo' -PassThru -Wait
	Say ($second.ExitCode -eq 0) '3 a second start exits 0'
	Say (Ask 'Did the first window come to the front?') '3 it was raised'

	$listening = Get-NetTCPConnection -OwningProcess $first.Id -State Listen
	Say (($listening | Where-Object { $_.LocalAddress -notlike '127.*' }).Count -eq 0) '4 only loopback is listened on'
	$port = $listening[0].LocalPort
	$credential = $null
	if (Ask 'Is there another account on this computer, to try as?') { $credential = Get-Credential -Message 'The other account' }
	if ($credential) {
		$out = Join-Path $env:PUBLIC 'munpae-check.txt'
		Start-Process curl.exe -Credential $credential -WorkingDirectory $env:SystemRoot -Wait -NoNewWindow `
			-ArgumentList '-s', '-o', $out, "http://127.0.0.1:$port/"
		Say (-not (Test-Path $out) -or (Get-Item $out).Length -eq 0) '4 another user is not answered'
		Remove-Item $out -ErrorAction SilentlyContinue
	} else { Write-Host 'skip   4 another user' }

	$thief = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
	$thief.SetSocketOption('Socket', 'ReuseAddress', $true)
	$stolen = $true
	try { $thief.Bind([Net.IPEndPoint]::new([Net.IPAddress]::Loopback, $port)) } catch { $stolen = $false }
	$thief.Dispose()
	Say (-not $stolen) '5 a port in use is not bound over'

	Say (Ask 'Press a sign-in button in the window. Does your browser show the provider of the demo?') '6 the browser opens'
	Say (Ask 'Finish it there and choose a nickname. Does the window show it?') '6 the road to its end'
} finally {
	if (-not $first.HasExited) { $first.CloseMainWindow() | Out-Null; $first.WaitForExit(10000) | Out-Null }
	Say $first.HasExited '1 it ends with its window'
}
$next = Start-Process $Program -ArgumentList '--profile', $dir, '--demo' -PassThru
Say (Ask 'It was started again. Does the window show the nickname at once, without a sign-in?') '9 signed in at the next start'
Stop-Process -Id $next.Id -Force
$next.WaitForExit()
$next = Start-Process $Program -ArgumentList '--profile', $dir, '--demo' -PassThru
Say (Ask 'It was killed and started. Does the window show the nickname again?') '9 signed in after a kill'
$next.CloseMainWindow() | Out-Null
if (-not $next.WaitForExit(10000)) { Stop-Process -Id $next.Id -Force }
$doctor = & $Program doctor --profile $dir --demo --json | ConvertFrom-Json
Say $doctor.ok '7 the doctor finds nothing wrong'
$doctor.results | Where-Object { $_.verdict -ne 'ok' } | ForEach-Object { Write-Host ('       {0}: {1} {2}' -f $_.name, $_.verdict, $_.detail) }
Say (-not (Test-Path (Join-Path $dir 'demo\key'))) '8 the key is in no file'
Say ((cmdkey /list | Out-String) -match 'munpae') '8 Credential Manager has it'
Remove-Item -Recurse -Force $dir -ErrorAction SilentlyContinue
if ($wrong) { exit 1 }
