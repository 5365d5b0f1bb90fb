#compdef munpae
if (( CURRENT > 2 )) && [[ $words[2] == doctor ]]; then
	shift words
	(( CURRENT-- ))
	_arguments '--profile[the folder with accounts and settings]:folder:_files -/' \
		'--demo[what the demo has]' \
		'--lang[the language of the answer]:language:(ko en)' \
		'--json[answer in JSON]'
else
	_arguments \
		'--profile[the folder with accounts and settings]:folder:_files -/' \
		'--demo[invented providers and people]' \
		'--lang[the language of the window]:language:(ko en)' \
		'--theme[light or dark]:theme:(light dark system)' \
		'--dev[try the HTTP routes]' \
		'(- *)--version[print the version]' \
		'(- *)--help[print the help]' \
		'1:command:((doctor\:"check what stands between you and a sign-in"))'
fi
