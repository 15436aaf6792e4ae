interface Node {
  default?: unknown
  properties?: Record<string, Node>
}

/** The plugin's figure where the configuration has none, so that HQ sees what counts. */
export function withDefaults(schema: Node, value: Record<string, unknown>): Record<string, unknown> {
  const filled = { ...value }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const given = filled[name] ?? structuredClone(property.default)
    if (given === undefined) continue
    filled[name] = property.properties ? withDefaults(property, given as Record<string, unknown>) : given
  }
  return filled
}
