#!/usr/bin/env bash
# The sweep of docs/cluster.md: 60 trials on the digits, on a Slurm of four nodes on this machine, of which two are killed while it
# runs; then once more without Slurm. As root, behind `npm run build`:
#   scripts/sweep-on-nodes.sh ../shared/slurm/start-slurm.sh FOLDER
set -euo pipefail
slurm=$1
folder=$(realpath -m "$2")
source "$(dirname "$0")/nodes-and-here.sh"
export SLURM_LAB=$folder/slurm CTLD_PORT=${CTLD_PORT:-16917} CPUS=1 GATEWISE_LEASE=${GATEWISE_LEASE:-10}
mkdir -p "$folder"
cat >"$folder/sweep.json" <<'JSON'
{
  "base": { "data": "digits", "width": 32, "depth": 4, "limit": 1000, "testLimit": 1000, "epochs": 10 },
  "grid": { "regime": ["relu", "dlnpf", "frnpf-ii"], "lr": [3e-4, 1e-3, 3e-3, 1e-2] },
  "seeds": 5
}
JSON
for name in nodes here; do gatewise sweep plan "$folder/sweep.json" --out "$folder/$name"; done
start_slurm
of() { find "$folder/nodes" -name run.json -exec grep -l '"completed"' {} + | wc -l; }
until_done() { until [ "$(of)" -ge "$1" ]; do sleep 1; done; }
start=$SECONDS
gatewise sweep submit "$folder/nodes" --on slurm --task-time "${TASK_TIME:-1s}" --max-running 4
for node in n1:15 n3:30; do
  until_done "${node#*:}"
  bash "$slurm" kill "${node%:*}"
  scontrol update nodename="${node%:*}" state=down reason=killed
  echo "${node%:*} was killed at $(of) of 60"
done
end_of_queue
echo "on nodes, two of them killed: $((SECONDS - start)) s"
same_here 2
