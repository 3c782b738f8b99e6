# What scripts have in common that run a sweep on a Slurm of this machine and once more without: they `source` it. `slurm` is
# start-slurm.sh, `folder` holds the two plans, `nodes` and `here`.

gatewise() { node "$(dirname "$0")/../dist/main.js" "$@"; }

# A Slurm for as long as the script runs.
start_slurm() {
  bash "$slurm" start
  trap 'bash "$slurm" stop' EXIT
  eval "$(bash "$slurm" env)"
}

# Until nothing runs or waits.
end_of_queue() { while [ -n "$(squeue --noheader)" ]; do sleep 1; done; }

# The same without Slurm, $1 trials at a time; ends with an error unless the results are the same.
same_here() {
  local start=$SECONDS
  gatewise sweep run "$folder/here" --workers "$1"
  echo "here: $((SECONDS - start)) s"
  gatewise sweep gather "$folder/nodes"
  gatewise sweep gather "$folder/here" >/dev/null
  # all columns but the last, the seconds of an epoch
  cmp <(sed 's/,[^,]*$//' "$folder/nodes/results.csv") <(sed 's/,[^,]*$//' "$folder/here/results.csv")
  echo "results.csv: the same digits"
}
