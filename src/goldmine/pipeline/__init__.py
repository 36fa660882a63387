"""Running the job: steps as Dagster assets, their notebooks run unattended, and the data scientist's session."""
