// Which columns lists and details have: the text of tests/db/DATABASE_SCHEMA.md, which a test compares.

/**
 * Automation list columns
 * Excludes large JSONB fields (nodes, edges) for list views
 */
export const AUTOMATION_LIST_COLUMNS = `
  id,
  agent_id,
  user_id,
  name,
  description,
  icon,
  color,
  status,
  enabled,
  trigger_type,
  trigger_config,
  execution_count,
  last_executed_at,
  last_execution_status,
  created_at,
  updated_at
`;

/**
 * Automation detail columns
 * Full data including flow definition
 */
export const AUTOMATION_DETAIL_COLUMNS = `
  id,
  agent_id,
  user_id,
  name,
  description,
  icon,
  color,
  status,
  enabled,
  trigger_type,
  trigger_config,
  nodes,
  edges,
  viewport,
  execution_count,
  last_executed_at,
  last_execution_status,
  created_at,
  updated_at
`;

/**
 * Automation execution list columns
 */
export const AUTOMATION_EXECUTION_LIST_COLUMNS = `
  id,
  automation_id,
  trigger_type,
  trigger_data,
  status,
  error,
  error_node_id,
  started_at,
  completed_at,
  duration_ms,
  test_mode,
  triggered_by,
  lead_id,
  conversation_id
`;

/**
 * Automation execution detail columns
 * Includes full node execution data
 */
export const AUTOMATION_EXECUTION_DETAIL_COLUMNS = `
  id,
  automation_id,
  trigger_type,
  trigger_data,
  status,
  nodes_executed,
  variables,
  error,
  error_node_id,
  started_at,
  completed_at,
  duration_ms,
  test_mode,
  triggered_by,
  lead_id,
  conversation_id
`;
