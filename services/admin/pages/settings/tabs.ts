export const settingsTabs = [
  'catalog',
  'people',
  'tokens',
  'alerts',
  'backups',
  'audit',
  'password',
] as const;
export type SettingsTab = (typeof settingsTabs)[number];
export const isSettingsTab = (value: unknown): value is SettingsTab =>
  settingsTabs.some((tab) => tab === value);
