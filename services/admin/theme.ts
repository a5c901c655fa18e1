/** Looks: quiet greys, one accent, and contrast that holds in light and dark (WCAG 2.2 AA). */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { t } from './messages/text.ts';

const teal: MantineColorsTuple = [
  '#ecfaf7', '#d3f2ec', '#a5e4d9', '#72d5c4', '#48c3b0', '#2aa997', '#178c7d', '#0f766e', '#0c5f59', '#074744',
]; // prettier-ignore
/** Greys that lean to blue; 6 and darker are readable on white. */
const gray: MantineColorsTuple = [
  '#f8f9fb', '#f1f3f6', '#e6e9ee', '#d5dae1', '#b9c0cb', '#8a94a3', '#5f6b7a', '#475261', '#2f3947', '#18202b',
]; // prettier-ignore
/** White can be read on 7, black on 4. */
const red: MantineColorsTuple = [
  '#fdf1f0', '#fbe0de', '#f5bfbb', '#ee9a94', '#ff8a80', '#d9594f', '#c83b31', '#b3261e', '#97201a', '#7b1a15',
]; // prettier-ignore
/** Mantine draws dark mode from these: 0 is text, 7 the page, 6 a card's line. */
const dark: MantineColorsTuple = [
  '#e6eaf0', '#c5ccd6', '#a4adba', '#7a8594', '#3d4654', '#2e3643', '#1f2631', '#171c24', '#12161d', '#0d1015',
]; // prettier-ignore

export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { teal, gray, red, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' } } },
  components: {
    Button: { defaultProps: { size: 'sm', variant: 'filled' } },
    Table: { defaultProps: { verticalSpacing: 'xs', fz: 'sm' } },
    Card: { defaultProps: { withBorder: true, padding: 'md', radius: 'md' } },
    PasswordInput: {
      // asked for when it is drawn: the words of the language are there by then
      defaultProps: () => ({
        visibilityToggleButtonProps: { 'aria-label': t('sign-in.show-password') },
      }),
    },
    Tooltip: { defaultProps: { openDelay: 300 } },
  },
});

/** What Mantine leaves too pale to read. */
export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5a6573',
    '--mantine-color-placeholder': '#697483',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-anchor': '#0f766e',
  },
  dark: {
    '--mantine-color-dimmed': '#a4adba',
    '--mantine-color-placeholder': '#8d97a5',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-body': '#171c24',
    '--mantine-color-anchor': '#48c3b0',
  },
});
