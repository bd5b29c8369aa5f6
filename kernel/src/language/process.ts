// The language process where there is no snapshot: it reads everything first.
import { serve } from './serve.js'

serve()
