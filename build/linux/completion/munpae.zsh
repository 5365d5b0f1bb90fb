#compdef munpae
local i found=0
local -a common
common=(
	'--profile=[the folder with accounts and settings]:folder:_files -/'
	'--demo[invented providers and people]'
	'--lang=[the language of window and answer]:language:(ko en)'
)
# Flags may stand before doctor, and their values are no commands.
for (( i = 2; i < CURRENT; i++ )); do
	case $words[i] in
		--profile|--lang|--theme) (( i++ )) ;;
		doctor) found=$i ;;
	esac
done
if (( found )); then
	words[$found]=()
	(( CURRENT-- ))
	_arguments $common '--json[answer in JSON]'
else
	_arguments $common \
		'--theme=[light or dark]:theme:(light dark system)' \
		'--dev[try the HTTP routes]' \
		'(- *)--version[print the version]' \
		'(- *)--help[print the help]' \
		'1:command:((doctor\:"check what stands between you and a sign-in"))'
fi
