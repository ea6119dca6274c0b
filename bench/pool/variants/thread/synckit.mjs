// The same function, as synckit runs it.
import { runAsWorker } from 'synckit';
import { echo } from './echo.mjs';

runAsWorker(echo);
