"""llm-d without KServe: servers in Deployments and LeaderWorkerSets, behind InferencePools."""
