# Tries on a real Windows what nothing else can show. In PowerShell 5.1 or later, with a built
# munpae.exe (build.sh makes it and its installer on Linux):
#   powershell -ExecutionPolicy Bypass -File check.ps1 [-Program .\munpae.exe] [-Installer .\munpae-setup.exe]
# Nobody has run it yet: it was only read, and parsed.
# It starts the demo on a folder of its own, asks for a look at the window where only eyes can
# tell, and cleans up: folder, key and installation. Enter skips a question. It prints "ok",
# "WRONG" or "skip" a line, then how many of each, and exits 1 if anything was wrong.
#
#   0  the installer: without an administrator, in the Start menu and in the list of programs; it
#      touches no program that runs; the profile stays when it is removed (only if no copy of
#      Munpae is installed)
#   1  the program starts, with WebView2 there, and ends by itself when its window is closed; it
#      says its version in the console; its window is sharp, and as dark as Windows
#   2  the profile: nobody else may open its folder, also below one that is everybody's; WebView2
#      keeps its things in it; a name with Hangul and spaces will do
#   3  a second start raises the first and exits 0
#   4  loopback: only 127.0.0.0/8 is listened on; another user is not let in (asks for credentials)
#   5  a port that is held is not bound over, nor one with a former owner's connection taken
#   6  the browser opens by the shell, and the whole road is walked, Hangul by the person's own
#      input method included
#   7  the doctor finds nothing wrong
#   8  Credential Manager holds the key, and no file does
#   9  the next start is signed in: WebView2 kept the cookies, and across a kill, too
param(
	[string]$Program = (Join-Path $PSScriptRoot '..\bin\munpae.exe'),
	[string]$Installer = (Join-Path $PSScriptRoot '..\bin\munpae-setup.exe')
)
$ErrorActionPreference = 'Stop'
$script:good = 0
$script:wrong = 0
$script:skipped = 0
function Say([bool]$Good, [string]$What) {
	if ($Good) { Write-Host "ok     $What"; $script:good++ } else { Write-Host "WRONG  $What"; $script:wrong++ }
}
function Skip([string]$What) { Write-Host "skip   $What"; $script:skipped++ }
# Look asks what only a person can see.
function Look([string]$Question, [string]$What) {
	$answer = Read-Host "$Question [y/n, Enter skips]"
	if ($answer -eq '') { Skip $What } else { Say ($answer -eq 'y') $What }
}
# Others are the groups of other people that an access list lets in, by the names that they have
# in every language: everybody, users, guests, whoever is signed in.
function Others([string]$Path) {
	$rules = (Get-Acl -LiteralPath $Path).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])
	@($rules | Where-Object { $_.AccessControlType -eq 'Allow' -and @('S-1-1-0', 'S-1-5-11', 'S-1-5-32-545', 'S-1-5-32-546', 'S-1-5-4') -contains $_.IdentityReference.Value })
}
# Launch starts the demo, by one argument line: Start-Process quotes nothing.
function Launch([string]$File) {
	$process = Start-Process -FilePath $File -ArgumentList ('--profile "{0}" --demo' -f $dir) -PassThru
	$null = $process.Handle # without it Windows PowerShell never learns the exit code
	$process
}
function Shut($Process) {
	if (-not $Process.HasExited) { $null = $Process.CloseMainWindow() }
	$Process.WaitForExit(10000)
}
# Doctor is what `munpae doctor --json` says. A program with a window is waited for only where
# its output is read.
function Doctor([string[]]$More) {
	& $Program doctor --json --profile $dir @More | Out-String | ConvertFrom-Json
}

$Program = (Resolve-Path -LiteralPath $Program).Path
try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { Write-Host 'Hangul may come out wrong here.' }
$keystore = $env:MUNPAE_KEYSTORE
$env:MUNPAE_KEYSTORE = 'auto'
# Below a folder that is everybody's, as the root of a second disk is.
$open = Join-Path $env:LOCALAPPDATA ('munpae-check-' + [guid]::NewGuid().ToString('N'))
$dir = Join-Path $open ([string][char]0xD64D + ' ' + [char]0xAE38 + [char]0xB3D9)
$null = New-Item -ItemType Directory -Path $open
$null = & icacls.exe $open /grant '*S-1-1-0:(OI)(CI)M'

$installed = Join-Path $env:LOCALAPPDATA 'Programs\Munpae'
$listed = 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\Munpae'
$running = @()
$former = @()
try {
	if ((Test-Path -LiteralPath $Installer) -and -not (Test-Path -LiteralPath $installed)) {
		$exe = Join-Path $installed 'munpae.exe'
		$uninstall = Join-Path $installed 'uninstall.exe'
		$kept = Test-Path (Join-Path $env:LOCALAPPDATA 'munpae')
		$setup = Start-Process -FilePath $Installer -ArgumentList '/S' -Wait -PassThru
		Say ($setup.ExitCode -eq 0 -and (Test-Path -LiteralPath $exe)) '0 installed'
		Look 'Did Windows let it be installed without asking for an administrator?' '0 no administrator is asked for'
		Say (Test-Path (Join-Path $env:APPDATA 'Microsoft\Windows\Start Menu\Programs\Munpae.lnk')) '0 it is in the Start menu'
		Say ((Get-ItemProperty $listed).DisplayVersion -eq (Get-Item -LiteralPath $exe).VersionInfo.ProductVersion) '0 the list of programs has its version'
		$inUse = Launch $exe
		$running += $inUse
		Start-Sleep -Seconds 5
		$over = Start-Process -FilePath $Installer -ArgumentList '/S' -Wait -PassThru
		Say ($over.ExitCode -eq 2 -and -not $inUse.HasExited) '0 a program that runs is not installed over'
		$null = Shut $inUse
		if (-not $inUse.HasExited) { Stop-Process -Id $inUse.Id -Force; $inUse.WaitForExit() }
		$removal = Start-Process -FilePath $uninstall -ArgumentList ('/S _?=' + $installed) -Wait -PassThru
		Say ($removal.ExitCode -eq 0 -and -not (Test-Path -LiteralPath $exe) -and -not (Test-Path $listed)) '0 removed'
		Say ((Test-Path (Join-Path $env:LOCALAPPDATA 'munpae')) -eq $kept) '0 the profile of this person is as it was'
		Remove-Item -LiteralPath $installed -Recurse -Force -ErrorAction SilentlyContinue
	} else { Skip '0 no installer here, or Munpae is installed' }

	Start-Process -FilePath $Program -ArgumentList '--version' -NoNewWindow -Wait
	Look 'Does the console show "munpae" and its version, right above?' '1 the console shows the version'
	$first = Launch $Program
	$running += $first
	Start-Sleep -Seconds 8
	Say (-not $first.HasExited) '1 it runs'
	Look 'Is the sign-in of the demo on screen, in a window with its icon, sharp at your scale?' '1 the window'
	Look 'Change dark mode in Settings, Personalisation, Colours. Do title bar and page follow?' '1 the window is as dark as Windows'

	$folder = Join-Path $dir 'demo'
	$letIn = @(Others $folder) + @(Get-ChildItem -LiteralPath $folder -Filter 'munpae.*' | ForEach-Object { Others $_.FullName })
	Say ($letIn.Count -eq 0) '2 nobody else may open the profile, below a folder that is everybody''s'
	Say (Test-Path -LiteralPath (Join-Path $folder 'webview')) '2 WebView2 keeps its things in the profile'

	$second = Launch $Program
	$running += $second
	Say ($second.WaitForExit(15000) -and $second.ExitCode -eq 0) '3 a second start exits 0'
	Look 'Did the first window come to the front?' '3 it was raised'

	$listening = @(Get-NetTCPConnection -OwningProcess $first.Id -State Listen -ErrorAction SilentlyContinue)
	Say ($listening.Count -gt 0 -and @($listening | Where-Object { $_.LocalAddress -notlike '127.*' }).Count -eq 0) '4 only loopback is listened on'
	if ($listening.Count -gt 0) {
		$at = $listening[0].LocalAddress
		$port = $listening[0].LocalPort
		$own = & curl.exe -s -m 5 -o NUL -w '%{http_code}' "http://${at}:$port/"
		Say ($own -ne '000') '4 this user is answered'
		$credential = $null
		if ((Read-Host 'Is there another account on this computer, to try as? [y/n]') -eq 'y') {
			try { $credential = Get-Credential -Message 'The other account' } catch { Write-Host 'No credentials were given.' }
		}
		if ($credential) {
			# In a folder where both may write; that curl has run is told by its own word, 000 is "no answer".
			$out = Join-Path $env:PUBLIC ('munpae-check-' + [guid]::NewGuid().ToString('N') + '.txt')
			$line = '/c curl.exe -s -m 5 -o NUL -w "said %{{http_code}}" http://{0}:{1}/ > "{2}"' -f $at, $port, $out
			$other = Start-Process cmd.exe -Credential $credential -WorkingDirectory $env:SystemRoot -ArgumentList $line -PassThru
			$null = $other.WaitForExit(20000)
			$said = ''
			if (Test-Path -LiteralPath $out) { $said = (Get-Content -LiteralPath $out -Raw) }
			Say ($said -match 'said 000') "4 another user is not answered (curl: '$said')"
			Remove-Item -LiteralPath $out -ErrorAction SilentlyContinue
		} else { Skip '4 another user' }

		$thief = New-Object Net.Sockets.Socket ([Net.Sockets.AddressFamily]::InterNetwork), ([Net.Sockets.SocketType]::Stream), ([Net.Sockets.ProtocolType]::Tcp)
		$thief.SetSocketOption([Net.Sockets.SocketOptionLevel]::Socket, [Net.Sockets.SocketOptionName]::ReuseAddress, 1)
		$stolen = $true
		try { $thief.Bind((New-Object Net.IPEndPoint ([Net.IPAddress]::Parse($at)), $port)) } catch { $stolen = $false }
		$thief.Close()
		Say (-not $stolen) '5 a port in use is not bound over'
	} else { Skip '4 and 5 it listens nowhere' }

	# Five ports of a provider that takes registered ones, each with a connection of a program that
	# had it before: the doctor takes them as a sign-in would.
	$env:MUNPAE_NAVER_CLIENT_ID = 'kJ8sPq2LmZx4Tn7Vb1Rc'
	$env:MUNPAE_NAVER_CLIENT_SECRET = 'w9Xe5Yt3Ua'
	$env:MUNPAE_NAVER_PORTS = '48711-48715'
	$alone = (Doctor @()).results | Where-Object { $_.name -eq 'naver_ports' }
	foreach ($number in 48711..48715) {
		$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $number
		$listener.Start()
		$client = New-Object Net.Sockets.TcpClient '127.0.0.1', $number
		$former += $client, $listener.AcceptTcpClient()
		$listener.Stop()
	}
	$held = (Doctor @()).results | Where-Object { $_.name -eq 'naver_ports' }
	Say ($alone.verdict -eq 'ok' -and $held.code -eq 'port_in_use') "5 no port with a former owner's connection is taken (before: $($alone.verdict), held: $($held.verdict) $($held.code))"
	Remove-Item 'Env:MUNPAE_NAVER_CLIENT_ID', 'Env:MUNPAE_NAVER_CLIENT_SECRET', 'Env:MUNPAE_NAVER_PORTS'

	Look 'Press a sign-in button in the window. Does your browser show the provider of the demo?' '6 the browser opens'
	Look 'Finish it there and type a nickname in Hangul. Does each syllable stand as you type it, and does the window show the nickname at the end?' '6 the road to its end'
	Say (Shut $first) '1 it ends with its window'

	$next = Launch $Program
	$running += $next
	Look 'It was started again. Does the window show the nickname at once, without a sign-in?' '9 signed in at the next start'
	Stop-Process -Id $next.Id -Force
	$next.WaitForExit()
	$next = Launch $Program
	$running += $next
	Look 'It was killed and started. Does the window show the nickname again?' '9 signed in after a kill'
	$null = Shut $next

	$doctor = Doctor '--demo'
	Say $doctor.ok '7 the doctor finds nothing wrong'
	$doctor.results | Where-Object { $_.verdict -ne 'ok' } | ForEach-Object { Write-Host ('       {0}: {1} {2}' -f $_.name, $_.verdict, $_.detail) }
	Say (-not (Test-Path -LiteralPath (Join-Path $folder 'key'))) '8 the key is in no file'
	$id = (Get-Content -LiteralPath (Join-Path $folder 'install.json') -Raw | ConvertFrom-Json).id
	Say ((& cmdkey.exe /list | Out-String) -match [regex]::Escape("munpae:$id")) '8 Credential Manager has it'
} catch {
	Say $false "the check itself stopped: $_ ($($_.InvocationInfo.PositionMessage))"
} finally {
	foreach ($socket in $former) { $socket.Close() }
	foreach ($process in $running) {
		if (-not $process.HasExited) { Stop-Process -Id $process.Id -Force -ErrorAction SilentlyContinue }
	}
	Remove-Item 'Env:MUNPAE_NAVER_CLIENT_ID', 'Env:MUNPAE_NAVER_CLIENT_SECRET', 'Env:MUNPAE_NAVER_PORTS' -ErrorAction SilentlyContinue
	$env:MUNPAE_KEYSTORE = $keystore
	# The keys of the profiles in the folder, the demo's alone so far.
	Get-ChildItem -LiteralPath $open -Recurse -Filter install.json -ErrorAction SilentlyContinue | ForEach-Object {
		$id = (Get-Content -LiteralPath $_.FullName -Raw | ConvertFrom-Json).id
		[regex]::Matches((& cmdkey.exe /list | Out-String), '=(munpae:' + [regex]::Escape($id) + '\S*)') | ForEach-Object {
			$null = & cmdkey.exe ('/delete:' + $_.Groups[1].Value)
		}
	}
	foreach ($try in 1..20) { # WebView2's own processes end a moment later, and hold files until then
		Remove-Item -LiteralPath $open -Recurse -Force -ErrorAction SilentlyContinue
		if (-not (Test-Path -LiteralPath $open)) { break }
		Start-Sleep -Milliseconds 500
	}
	if (Test-Path -LiteralPath $open) { Write-Host "left   $open could not be removed" }
	Write-Host "$($script:good) ok, $($script:wrong) wrong, $($script:skipped) skipped"
}
if ($script:wrong) { exit 1 }
