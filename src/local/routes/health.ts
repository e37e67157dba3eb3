import { json } from './answers.ts'
import { type Route, route } from './route.ts'

export const health: Route[] = [
  route('GET', '/api/health', (ctx) =>
    json(200, {
      status: 'healthy',
      version: ctx.version === '2.0' ? '2.0.3' : '2.10.0',
      timestamp: ctx.iso(),
      storage: 'memory: everything is gone when the process ends',
    }),
  ),
]
