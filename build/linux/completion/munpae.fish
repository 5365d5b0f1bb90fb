# fish completion for munpae(1)
function __munpae_doctor -d 'Whether doctor was said: flags may stand before it, and their values are no commands'
	set -l value
	for word in (commandline -opc)
		if test -n "$value"
			set value
		else if contains -- $word --profile --lang --theme
			set value $word
		else if test "$word" = doctor
			return 0
		end
	end
	return 1
end
complete -c munpae -f
complete -c munpae -n 'not __munpae_doctor' -a doctor -d 'Check what stands between you and a sign-in'
complete -c munpae -l profile -x -a '(__fish_complete_directories)' -d 'The folder with accounts and settings'
complete -c munpae -l demo -d 'Invented providers and people'
complete -c munpae -l lang -x -a 'ko en' -d 'The language of window and answer'
complete -c munpae -n 'not __munpae_doctor' -l theme -x -a 'light dark system' -d 'Light or dark'
complete -c munpae -n 'not __munpae_doctor' -l dev -d 'Try the HTTP routes'
complete -c munpae -n 'not __munpae_doctor' -l version -d 'Print the version'
complete -c munpae -n 'not __munpae_doctor' -l help -d 'Print the help'
complete -c munpae -n __munpae_doctor -l json -d 'Answer in JSON'
