/**
 * What a node runs to start a trial. Only our own code travels; what it stands on (node_modules, the Python environment
 * with TensorFlow, the models) is installed on every node: at the same path as here, on a disk that the nodes share or in
 * their image, or where a node's ADT_HOME says.
 */
export const startScript = {
  name: 'start-trial.sh',
  text: `# sh start-trial.sh HOME FOLDER PROGRAM ARGUMENT...: runs a trial's program from this package.
home="\${ADT_HOME:-$1}"
folder="$2"
shift 2
give_up() {
  echo "$1" >&2
  exit 78
}
command -v node > /dev/null || give_up "This Ray node has no node on its PATH: install Node there, or start the raylet with a PATH that has it."
[ -d "$folder" ] || give_up "This Ray node has no folder $folder: keep studies on a disk that all nodes see under the same path."
if [ -f package-lock.json ]; then
  cmp -s package-lock.json "$home/package-lock.json" || give_up "This Ray node has not installed the same packages in $home: run npm start there at the same commit, or set ADT_HOME to where it is."
fi
for part in node_modules .venv models; do
  # Trials that start together may both make the link.
  [ -e "$part" ] || [ ! -e "$home/$part" ] || ln -sn "$home/$part" "$part" 2> /dev/null || [ -e "$part" ] || give_up "cannot link $home/$part"
done
export ADT_CACHE="\${ADT_CACHE:-$home/.cache}"
exec "$@"
`,
}
