/**
 * The addresses. A page is a line here, loaded when it is first visited; what it is filtered by and where it stands
 * is in its typed search parameters, so that a link can be shared and Back works.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Problem, queryClient } from './api/client.ts';
import { channelsQuery, latestRunsQuery, statusQuery } from './api/questions.ts';
import { sessionQuery } from './frame/session.ts';
import { catalogsQuery, Shell } from './frame/shell.tsx';
import { Failure, Loading, Nothing } from './parts/states.tsx';
import { t } from './messages/text.ts';
import type { IssuesSearch } from './pages/issues/search.ts';
import { itemQuery } from './pages/item/item-query.ts';
import { cardsQuery } from './pages/products/cards-query.ts';
import { readProductsSearch } from './pages/products/search.ts';
import { isSettingsTab, type SettingsTab } from './pages/settings/tabs.ts';

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <Nothing title={t('frame.not-found')} text={t('frame.not-found-text')} />,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ to }: Record<string, unknown>): { to?: string } =>
    typeof to === 'string' && to.startsWith('/c/') ? { to } : {},
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in.tsx'), 'SignIn'),
});

const setPassword = createRoute({
  getParentRoute: () => root,
  path: '/set-password/$secret',
  component: lazyRouteComponent(() => import('./pages/sign-in/set-password.tsx'), 'SetPassword'),
});

/** Everything behind the sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  async beforeLoad({ location }) {
    try {
      await queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof Problem && error.status === 401)
        redirect({
          to: '/sign-in',
          search: location.pathname === '/' ? {} : { to: location.href },
          throw: true,
        });
      throw error;
    }
  },
});

const start = createRoute({
  getParentRoute: () => inside,
  path: '/',
  async beforeLoad() {
    const { items } = await queryClient.ensureQueryData(catalogsQuery);
    const last = localStorage.getItem('shelfcast.catalog');
    const first = items.find(({ id }) => id === last) ?? items[0];
    if (first) redirect({ to: '/c/$catalogId/home', params: { catalogId: first.id }, throw: true });
  },
  component: lazyRouteComponent(() => import('./pages/welcome/welcome.tsx'), 'Welcome'),
});

const catalog = createRoute({
  getParentRoute: () => inside,
  path: '/c/$catalogId',
  async beforeLoad({ params }) {
    const { items } = await queryClient.ensureQueryData(catalogsQuery);
    if (!items.some(({ id }) => id === params.catalogId)) redirect({ to: '/', throw: true });
    localStorage.setItem('shelfcast.catalog', params.catalogId);
  },
  component: Shell,
});

/** What a page shows first is asked for while its script comes in; what fails is the page's to say. */
const home = createRoute({
  getParentRoute: () => catalog,
  path: '/home',
  loader({ params: { catalogId } }) {
    void queryClient.prefetchQuery(statusQuery(catalogId));
    void queryClient.prefetchQuery(channelsQuery(catalogId));
    void queryClient.prefetchQuery(latestRunsQuery(catalogId));
  },
  component: lazyRouteComponent(() => import('./pages/home/home.tsx'), 'Home'),
});

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const issues = createRoute({
  getParentRoute: () => catalog,
  path: '/issues',
  validateSearch: (raw: Record<string, unknown>): IssuesSearch => ({
    channel: text(raw['channel']),
    severity: raw['severity'] === 'error' || raw['severity'] === 'warning' ? raw['severity'] : undefined,
    category: text(raw['category']),
    code: text(raw['code']),
    field: text(raw['field']),
  }),
  component: lazyRouteComponent(() => import('./pages/issues/issues.tsx'), 'Issues'),
});

const products = createRoute({
  getParentRoute: () => catalog,
  path: '/products',
  validateSearch: readProductsSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ params: { catalogId }, deps }) =>
    void queryClient.prefetchInfiniteQuery(cardsQuery(catalogId, deps)),
  component: lazyRouteComponent(() => import('./pages/products/products.tsx'), 'Products'),
});

const item = createRoute({
  getParentRoute: () => catalog,
  path: '/products/$offerId',
  loader: ({ params: { catalogId, offerId } }) =>
    void queryClient.prefetchQuery(itemQuery(catalogId, offerId)),
  component: lazyRouteComponent(() => import('./pages/item/item.tsx'), 'Item'),
});

const imports = createRoute({
  getParentRoute: () => catalog,
  path: '/imports',
  /** The run that is shown: a reload in its middle finds it again. */
  validateSearch: ({ run }: Record<string, unknown>): { run?: string } =>
    typeof run === 'string' ? { run } : {},
  component: lazyRouteComponent(() => import('./pages/imports/imports.tsx'), 'Imports'),
});

const channels = createRoute({
  getParentRoute: () => catalog,
  path: '/channels',
  component: lazyRouteComponent(() => import('./pages/channels/channels.tsx'), 'Channels'),
});

const comparison = createRoute({
  getParentRoute: () => catalog,
  path: '/channels/$channel',
  component: lazyRouteComponent(() => import('./pages/channels/comparison.tsx'), 'Comparison'),
});

const feeds = createRoute({
  getParentRoute: () => catalog,
  path: '/feeds',
  component: lazyRouteComponent(() => import('./pages/feeds/feeds.tsx'), 'Feeds'),
});

const runs = createRoute({
  getParentRoute: () => catalog,
  path: '/runs',
  component: lazyRouteComponent(() => import('./pages/runs/runs.tsx'), 'Runs'),
});

const run = createRoute({
  getParentRoute: () => catalog,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('./pages/runs/run.tsx'), 'RunPage'),
});

const settings = createRoute({
  getParentRoute: () => catalog,
  path: '/settings',
  validateSearch: ({ tab }: Record<string, unknown>): { tab?: SettingsTab } =>
    isSettingsTab(tab) ? { tab } : {},
  component: lazyRouteComponent(() => import('./pages/settings/settings.tsx'), 'Settings'),
});

const pages = [
  home, issues, products, item, imports, channels, comparison, feeds, runs, run, settings,
] as const; // prettier-ignore

export const router = createRouter({
  routeTree: root.addChildren([signIn, setPassword, inside.addChildren([start, catalog.addChildren(pages)])]),
  defaultPreload: 'intent',
  defaultPendingMs: 300,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/**
 * Asks at once for what the routes would ask for one after the other: who is signed in, which catalogs there are, and
 * the page's script. What fails here is asked for again by the routes, which say so.
 */
export function hurry(): void {
  if (!location.pathname.startsWith('/c/')) return;
  void queryClient.prefetchQuery(sessionQuery);
  void queryClient.prefetchQuery(catalogsQuery);
  for (const { routeId } of router.matchRoutes(router.latestLocation))
    void router.loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById]);
}
