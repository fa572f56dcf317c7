# Undoes what a test leaves behind. Each line of its input is a name and a command, which is run when the input ends:
# when nobody is left who holds its other end, whatever became of them. The last command comes first. A name without a
# command forgets the one before.

# end sends a signal to a group of processes, stopped ones too.
end() {
	if kill -s "${force-$1}" -- "-$2"; then
		kill -s CONT -- "-$2"
		again=1
	fi
}

undo() {
	for name in $names; do
		eval "command=\$$name"
		eval "$command" || again=1
	done
}

names='' again=''
while read -r name command; do
	eval "$name=\$command"
	[ -z "$command" ] || names="$name $names"
done
undo
if [ -n "$again" ]; then # a process may have ignored the signal, or written into a folder meanwhile
	sleep 5
	force=KILL
	undo
fi
