import { Link } from '../components/Link';
import { Page } from '../components/Page';
import { EmptyState } from '../components/states';

export function NotFoundPage() {
  return (
    <Page title="No such page">
      <EmptyState title="There is nothing at this address">
        <Link to={{ page: 'overview' }}>To the overview</Link>
      </EmptyState>
    </Page>
  );
}
